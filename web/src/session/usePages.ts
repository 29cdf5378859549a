/** A long list that is read page by page, each when it is asked for. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useClient, type CombinedError } from "urql";
import type { TypedDocumentString } from "../gql/graphql";
import { useLive } from "../live/Live";
import { Signal } from "../live/signal";
import { describe, type Failure } from "./graph";

interface Page<N extends { id: string }> {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  edges: readonly { node: N }[];
}

type ReadPage<N extends { id: string }> = (after: string | null) => Promise<{ page: Page<N> | undefined; error: CombinedError | undefined }>;

/** The pages of one question. */
export class Pages<N extends { id: string }> {
  readonly changed = new Signal();
  /** Undefined before the first page. */
  items: readonly N[] | undefined;
  total = 0;
  /** How many have come since, of those that the newest page has; `show` puts them into the items. */
  newer = 0;
  isLoading = false;
  failure: Failure | null = null;
  private after: string | null = null;
  /** The first page as it was when somebody last looked. */
  private latest: Page<N> | null = null;
  private looks = 0;
  /** Counts the readings: what a former one answers is dropped. */
  private turn = 0;

  constructor(private readonly readPage: ReadPage<N>) {}

  get hasMore(): boolean {
    return this.after !== null;
  }

  /** Reads the first page again; what is shown stays until it is here. */
  readonly again = (): void => void this.load(null);

  readonly more = (): void => {
    if (!this.isLoading && this.after !== null) void this.load(this.after);
  };

  /** The id of the newest that was read, shown or not. */
  get newest(): string | undefined {
    return this.latest?.edges[0]?.node.id;
  }

  has(id: string): boolean {
    return this.items?.some((item) => item.id === id) ?? false;
  }

  /** Reads what is new; what is shown stays as it is. */
  readonly look = async (): Promise<void> => {
    const look = ++this.looks;
    const { page } = await this.readPage(null);
    if (page === undefined || this.looks !== look) return;
    this.latest = page;
    this.countNewer();
    this.changed.bump();
  };

  /** Takes in what `look` has found. More than a page of it leaves a gap: then all is read anew. */
  readonly show = (): void => {
    if (this.latest === null || this.items === undefined) return;
    const fresh = this.latest.edges.map((edge) => edge.node);
    const known = new Set(fresh.map((item) => item.id));
    const meet = this.items.findIndex((item) => known.has(item.id));
    if (meet === -1) {
      this.again();
      return;
    }
    const rest = (items: readonly N[]) => items.filter((item) => !known.has(item.id));
    this.items = [...rest(this.items.slice(0, meet)), ...fresh, ...rest(this.items.slice(meet))];
    this.total = this.latest.totalCount;
    this.countNewer();
    this.changed.bump();
  };

  private countNewer(): void {
    const known = new Set(this.items?.map((item) => item.id));
    this.newer = this.latest?.edges.filter((edge) => !known.has(edge.node.id)).length ?? 0;
  }

  /** Nobody waits for an answer any more. */
  stop(): void {
    this.turn++;
    this.isLoading = false;
  }

  private async load(after: string | null): Promise<void> {
    const turn = ++this.turn;
    this.isLoading = true;
    this.changed.bump();
    const { page, error } = await this.readPage(after);
    if (this.turn !== turn) return;
    this.isLoading = false;
    this.failure = error ? describe(error) : null;
    if (page) {
      this.items = [...(after === null ? [] : (this.items ?? [])), ...page.edges.map((edge) => edge.node)];
      this.total = page.totalCount;
      this.after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
      this.countNewer();
    }
    this.changed.bump();
  }
}

/**
 * `pageOf` finds the connection in an answer, and is the same function at every call; the document
 * takes `$after` beside `variables`. Read anew for other variables and after every reconnection.
 */
export function usePages<D, V extends { after?: string | null | undefined }, N extends { id: string }>(
  document: TypedDocumentString<D, V>,
  variables: Omit<V, "after">,
  pageOf: (data: D) => Page<N>,
): Pages<N> {
  const client = useClient();
  const { connection } = useLive();
  const epoch = useSyncExternalStore(connection.changed.subscribe, () => connection.epoch);
  const question = JSON.stringify(variables);
  const query = document.toString();
  const pages = useMemo(
    () =>
      new Pages<N>(async (after) => {
        const wanted = { ...JSON.parse(question), after } as V & Record<string, unknown>;
        const { data, error } = await client.query<D>(query, wanted, { requestPolicy: "network-only" }).toPromise();
        return { page: data && !error ? pageOf(data) : undefined, error };
      }),
    [client, query, question, pageOf],
  );
  useEffect(() => {
    pages.again();
    return () => pages.stop();
  }, [pages, epoch]);
  useSyncExternalStore(pages.changed.subscribe, pages.changed.snapshot);
  return pages;
}
