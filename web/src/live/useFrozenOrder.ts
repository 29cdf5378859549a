/** Rows never move on their own: the order holds until the question changes or somebody asks. */
import { useEffect, useEffectEvent, useState } from "react";
import { useLive } from "./Live";
import { newcomers, wouldMove } from "./moves";

const LOOK_EVERY_MS = 2000;

export interface FrozenOrder {
  ids: readonly string[];
  /** Server time of what it was made of, ms; null before any came. */
  madeAt: number | null;
  /** Rows that another sorting would move now. */
  moves: number;
  sortAgain: () => void;
}

interface Made {
  question: string;
  ids: readonly string[];
  at: number | null;
}

/**
 * `fresh` gives the ids in their order now; another `question` is another order, and so are the first
 * numbers. In the question is what else makes a first answer worth another sorting.
 */
export function useFrozenOrder(question: string, fresh: () => string[]): FrozenOrder {
  const { fleet } = useLive().store;
  const make = (): Made => ({ question, ids: fresh(), at: fleet.shownTime });
  const [made, setMade] = useState(make);
  const [moves, setMoves] = useState(0);
  const isSame = made.question === question && (made.at === null) === (fleet.shownTime === null);
  const shown = isSame ? made : make();
  const sortAgain = () => {
    setMade(make());
    setMoves(0);
  };
  if (shown !== made) {
    setMade(shown);
    setMoves(0);
  }
  const look = useEffectEvent(() => {
    const now = fresh();
    const come = newcomers(shown.ids, now);
    // What has come to match follows at the end, where nothing moves.
    const ids = [...shown.ids, ...come];
    if (come.length > shown.ids.length) sortAgain();
    else {
      if (come.length > 0) setMade({ ...shown, ids });
      setMoves(wouldMove(ids, now));
    }
  });
  useEffect(() => {
    const timer = setInterval(() => look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return { ids: shown.ids, madeAt: shown.at, moves, sortAgain };
}
