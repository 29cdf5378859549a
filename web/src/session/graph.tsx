/** Questions to the graph that are asked once (facts, lists): live numbers never come this way. */
import { createContext, use, useCallback, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { cacheExchange, Client, CombinedError, fetchExchange, mapExchange, Provider, useQuery, type Exchange } from "urql";
import type { TypedDocumentString } from "../gql/graphql";
import { useLive } from "../live/Live";
import { Signal } from "../live/signal";
import { CLIENT_HEADER, leaveSignedOut } from "./session";

const makeClient = (...cache: Exchange[]) => new Client({
  url: "/graphql",
  preferGetMethod: false,
  fetchOptions: { credentials: "same-origin", headers: CLIENT_HEADER },
  exchanges: [
    mapExchange({
      onError: (error) => {
        if ((error.response as Response | undefined)?.status === 401) leaveSignedOut();
      },
    }),
    ...cache,
    fetchExchange,
  ],
});

const BulkContext = createContext<Client | null>(null);

/** For large answers that are asked for once: nothing keeps them but who asked. */
export function useBulkClient(): Client {
  const client = use(BulkContext);
  if (client === null) throw new Error("useBulkClient is for components inside the shell.");
  return client;
}

export function GraphProvider({ children }: { children: ReactNode }) {
  // Made anew with the shell: what one person's roles let them see is not kept for the next.
  const [client] = useState(() => makeClient(cacheExchange));
  const [bulk] = useState(() => makeClient());
  return <Provider value={client}><BulkContext value={bulk}>{children}</BulkContext></Provider>;
}

/** Something was changed from here: every answer that is shown is asked for again. */
export const graphChanged = new Signal();

/** What a panel says when its question failed: the server's own words and how to find its log. */
export interface Failure {
  message: string;
  requestId: string | null;
}

export interface Answer<T> {
  data: T | undefined;
  failure: Failure | null;
  isLoading: boolean;
  retry: () => void;
}

/**
 * Asks again by itself after every reconnection, so that facts are not older than the socket, after
 * every change that was made from here, and whenever `pushed` changes: something that a subscription brought and that the answer follows from.
 */
export function useDocument<T, V extends Record<string, unknown>>(
  document: TypedDocumentString<T, V>,
  variables: V,
  pushed?: string | number | null,
): Answer<T> {
  const { connection } = useLive();
  const epoch = useSyncExternalStore(connection.changed.subscribe, () => connection.epoch);
  const [result, execute] = useQuery<T, V>({
    query: document.toString(),
    variables,
    requestPolicy: "cache-and-network",
  });
  const retry = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const changes = useSyncExternalStore(graphChanged.subscribe, graphChanged.snapshot);
  const asOf = `${Math.max(epoch, 1)} ${changes} ${pushed ?? ""}`;
  const askedAsOf = useRef(asOf);
  useEffect(() => {
    if (askedAsOf.current !== asOf) retry();
    askedAsOf.current = asOf;
  }, [asOf, retry]);
  return {
    data: result.data,
    failure: result.error ? describe(result.error) : null,
    isLoading: result.fetching,
    retry,
  };
}

export function describe(error: CombinedError): Failure {
  const first = error.graphQLErrors[0];
  const id = first?.extensions["requestId"] ?? first?.extensions["id"];
  return {
    message: first?.message ?? "The server did not answer.",
    requestId: typeof id === "string" ? id : null,
  };
}
