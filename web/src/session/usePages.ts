/** A long list that is read page by page, each when it is asked for. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useClient } from "urql";
import type { TypedDocumentString } from "../gql/graphql";
import { useLive } from "../live/Live";
import { describe, type Failure } from "./graph";

interface ConnectionPage<N> {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  edges: readonly { node: N }[];
}

interface Read<N> {
  question: string;
  items: readonly N[];
  total: number;
  after: string | null;
  failure: Failure | null;
}

export interface Pages<N> {
  /** Undefined before the first page of this question. */
  items: readonly N[] | undefined;
  total: number;
  hasMore: boolean;
  isLoading: boolean;
  failure: Failure | null;
  more: () => void;
  /** Reads the first page again; what is shown stays until it is here. */
  again: () => void;
}

/** `pageOf` finds the connection in an answer; the document takes `$after` beside `variables`. */
export function usePages<D, V extends { after?: string | null | undefined }, N>(
  document: TypedDocumentString<D, V>,
  variables: Omit<V, "after">,
  pageOf: (data: D) => ConnectionPage<N>,
): Pages<N> {
  const client = useClient();
  const { connection } = useLive();
  const epoch = useSyncExternalStore(connection.changed.subscribe, () => connection.epoch);
  const question = JSON.stringify(variables);
  const [read, setRead] = useState<Read<N> | null>(null);
  const [isLoading, setLoading] = useState(false);
  const [asked, setAsked] = useState(0);
  /** Counts the questions: an answer to a former one is dropped. */
  const turn = useRef(0);
  const latestPageOf = useRef(pageOf);
  useEffect(() => { latestPageOf.current = pageOf; });

  const load = useCallback(
    async (after: string | null, before: readonly N[]) => {
      const mine = ++turn.current;
      setLoading(true);
      const wanted = { ...JSON.parse(question), after } as V & Record<string, unknown>;
      const { data, error } = await client.query<D>(document.toString(), wanted, { requestPolicy: "network-only" }).toPromise();
      if (turn.current !== mine) return;
      setLoading(false);
      if (data === undefined || error) {
        setRead((old) => ({ ...(old?.question === question ? old : nothing<N>(question)), failure: error ? describe(error) : null }));
        return;
      }
      const { edges, pageInfo, totalCount } = latestPageOf.current(data);
      setRead({
        question,
        items: [...before, ...edges.map((edge) => edge.node)],
        total: totalCount,
        after: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null,
        failure: null,
      });
    },
    [client, document, question],
  );
  useEffect(() => {
    void load(null, []);
    return () => { turn.current++; };
  }, [load, asked, epoch]);

  const current = read?.question === question ? read : null;
  const isRead = current !== null && !(current.failure && current.items.length === 0);
  return {
    items: isRead ? current.items : undefined,
    total: current?.total ?? 0,
    hasMore: current?.after != null,
    isLoading,
    failure: current?.failure ?? null,
    more: () => {
      if (!isLoading && current?.after != null) void load(current.after, current.items);
    },
    again: () => setAsked((n) => n + 1),
  };
}

const nothing = <N,>(question: string): Read<N> => ({ question, items: [], total: 0, after: null, failure: null });
