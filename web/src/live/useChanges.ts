/** A set of objects that is kept up to date for as long as somebody looks at it. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { TypedDocumentString } from "../gql/graphql";
import { Collection, type Changes } from "./collection";
import { useLive } from "./Live";
import { Signal } from "./signal";

export interface Watched<T extends { id: string }> {
  items: Collection<T>;
  /** Counts up with every change: what is worked out of the items depends on it. */
  version: number;
  /** What the server said when it refused. */
  failure: string | null;
}

class Watch<T extends { id: string }> {
  readonly items = new Collection<T>();
  readonly changed = new Signal();
  failure: string | null = null;
}

/** `read` takes the changes out of a frame; it has to be the same function at every call. */
export function useChanges<D, T extends { id: string }>(
  document: TypedDocumentString<D, Record<string, never>>,
  read: (data: D) => Changes<T>,
): Watched<T> {
  const { connection } = useLive();
  const [watch] = useState(() => new Watch<T>());
  useEffect(
    () =>
      connection.subscribe(document.toString(), {}, {
        next: (data) => {
          if (watch.items.apply(read(data as D))) watch.changed.bump();
        },
        failed: (reason) => {
          watch.failure = reason;
          watch.changed.bump();
        },
        restarted: () => {
          watch.failure = null;
          watch.items.expectSnapshot();
        },
      }),
    [connection, watch, document, read],
  );
  const version = useSyncExternalStore(watch.changed.subscribe, watch.changed.snapshot);
  return { items: watch.items, version, failure: watch.failure };
}
