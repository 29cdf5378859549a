/** Rows never move on their own: the order holds until the question changes or somebody asks. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { useInventory, useLive } from "../live/Live";
import { matches, type DeviceFilters } from "./filters";
import { newcomers, wouldMove } from "./moves";
import { arrange, type SortKey } from "./sorting";

const LOOK_EVERY_MS = 2000;

export interface FrozenOrder {
  ids: readonly string[];
  /** Rows that another sorting would move now. */
  moves: number;
  sortAgain: () => void;
}

export function useFrozenOrder(filters: DeviceFilters, sort: readonly SortKey[]): FrozenOrder {
  const { store } = useLive();
  const { devices } = useInventory();
  const question = JSON.stringify([filters, sort]);
  const fresh = useCallback(() => {
    const [wanted, keys] = JSON.parse(question) as [DeviceFilters, SortKey[]];
    const found = [...store.devices.values()].filter((device) => matches(device, store.fleet, wanted));
    return arrange(found, store.fleet, keys);
  }, [store, question]);

  const [asked, setAsked] = useState(0);
  const hasNumbers = store.fleet.shownTime !== null;
  const frozen = useMemo(
    () => fresh(),
    // Sorted again only by a new question, the first data, or on request.
    // oxlint-disable-next-line react/exhaustive-deps
    [fresh, devices.isLoaded, hasNumbers, asked],
  );
  const [late, setLate] = useState<Late>({ after: frozen, ids: [] });
  const added = late.after === frozen ? late.ids : NONE;
  const ids = useMemo(() => (added.length === 0 ? frozen : [...frozen, ...added]), [frozen, added]);
  const [moves, setMoves] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = fresh();
      const come = newcomers(ids, now);
      if (come.length > frozen.length) setAsked((n) => n + 1);
      else if (come.length > 0) setLate({ after: frozen, ids: [...added, ...come] });
      setMoves(wouldMove(ids, now));
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [frozen, added, ids, fresh]);
  return { ids, moves, sortAgain: () => { setMoves(0); setAsked(asked + 1); } };
}

/** What has come to match since the order was made: it follows at the end, where nothing moves. */
interface Late {
  after: readonly string[];
  ids: readonly string[];
}

const NONE: readonly string[] = [];
