/** An order by live numbers that holds until somebody asks for it anew: rows never move on their own. */
import { useState } from "react";
import { newcomers } from "../live/moves";
import { byNeed, type LoadLine } from "./loads";

interface Made {
  question: string;
  names: readonly string[];
  /** Server time, ms. */
  at: number;
}

interface HeldOrder {
  lines: readonly LoadLine[];
  madeAt: number;
  sortAgain: () => void;
}

/** `now` is the server's time of the lines; another `question` is another order. */
export function useHeldOrder(lines: readonly LoadLine[], question: string, now: number): HeldOrder {
  const [held, setHeld] = useState<Made | null>(null);
  const make = (): Made => ({ question, names: lines.toSorted(byNeed).map((line) => line.name), at: now });
  const isHolding = held !== null && held.question === question && (held.names.length > 0 || lines.length === 0);
  const made = isHolding ? held : make();
  if (!isHolding) setHeld(made);
  const byName = new Map(lines.map((line) => [line.name, line]));
  const added = newcomers(made.names, lines.map((line) => line.name));
  return {
    lines: [...made.names, ...added].flatMap((name) => byName.get(name) ?? []),
    madeAt: made.at,
    sortAgain: () => setHeld(make()),
  };
}
