/** The newest that a subscription said, for a screen that is shown; null before the first. */
import { useEffect, useState } from "react";
import type { TypedDocumentString } from "../gql/graphql";
import { useLive } from "./Live";

export function useLatest<D extends object>(document: TypedDocumentString<D, { [key: string]: never }>): D | null {
  const { connection, store } = useLive();
  const [latest, setLatest] = useState<D | null>(null);
  const query = document.toString();
  useEffect(() => connection.subscribe(query, {}, {
    next: (data) => {
      if (store.pausedAt === null) setLatest(data as D);
    },
    failed: () => undefined,
  }), [connection, store, query]);
  return latest;
}
