/** Objects that a screen follows while it is shown: all of them first, then each one that changes. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { TypedDocumentString } from "../gql/graphql";
import { Collection, type Changes } from "./collection";
import { useLive } from "./Live";
import { Signal } from "./signal";

type Item<D, K extends keyof D> = D[K] extends { changed: readonly (infer T)[] } ? T : never;

export interface Followed<T extends { id: string }> {
  items: Collection<T>;
  /** Counts up with every change of the items, which are the same collection throughout. */
  version: number;
  /** What the server said when it refused the subscription. */
  failure: string | null;
}

/** `useChanges(PoolChangesDocument, "poolChanges")`. Not held by a pause: what people do is no number. */
export function useChanges<D extends object, K extends keyof D & string>(
  document: TypedDocumentString<D, { [key: string]: never }>,
  field: K,
): Followed<Item<D, K> & { id: string }> {
  const { connection } = useLive();
  const [held] = useState(() => ({
    items: new Collection<Item<D, K> & { id: string }>(),
    changed: new Signal(),
    failure: null as string | null,
  }));
  const query = document.toString();
  useEffect(() => connection.subscribe(query, {}, {
    next: (data) => {
      if (held.items.apply((data as D)[field] as Changes<Item<D, K> & { id: string }>)) held.changed.bump();
    },
    failed: (reason) => {
      held.failure = reason;
      held.changed.bump();
    },
    restarted: () => {
      held.failure = null;
      held.items.expectSnapshot();
    },
  }), [connection, query, field, held]);
  const version = useSyncExternalStore(held.changed.subscribe, held.changed.snapshot);
  return { items: held.items, version, failure: held.failure };
}
