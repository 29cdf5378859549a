/** Rows never move on their own: the order holds until the question changes or somebody asks. */
import { useEffect, useMemo, useState } from "react";
import { newcomers, wouldMove } from "./moves";

const LOOK_EVERY_MS = 2000;

export interface FrozenOrder {
  ids: readonly string[];
  /** Rows that another sorting would move now. */
  moves: number;
  sortAgain: () => void;
}

/**
 * `fresh` gives the ids in their order now; a new function is a new question. `when` changes with
 * what makes a first answer worth another sorting, such as the first data.
 */
export function useFrozenOrder(fresh: () => string[], when: string): FrozenOrder {
  const [asked, setAsked] = useState(0);
  const frozen = useMemo(
    () => fresh(),
    // Sorted again only by a new question, the first data, or on request.
    // oxlint-disable-next-line react/exhaustive-deps
    [fresh, when, asked],
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
