/** Which rows of a list are chosen. What is gone from the list is no longer chosen. */
import { useState } from "react";

export interface Ticked {
  ids: ReadonlySet<string>;
  toggle: (id: string) => void;
  /** All of them, or none if all are. */
  toggleAll: () => void;
  clear: () => void;
}

export function useTicked(tickable: readonly string[]): Ticked {
  const [wanted, setWanted] = useState<ReadonlySet<string>>(() => new Set());
  const ids = new Set(tickable.filter((id) => wanted.has(id)));
  return {
    ids,
    toggle: (id) => {
      if (!tickable.includes(id)) return;
      const next = new Set(ids);
      if (!next.delete(id)) next.add(id);
      setWanted(next);
    },
    toggleAll: () => setWanted(ids.size === tickable.length ? new Set() : new Set(tickable)),
    clear: () => setWanted(new Set()),
  };
}
