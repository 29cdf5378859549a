/** What is looked at on the screen of load balancing, and the popup over it, as the address says it. */
import { listOf, oneOf, textOf } from "../search";
import { LOAD_BY, type LoadBy } from "./loads";

export interface BalanceSearch {
  load?: LoadBy | undefined;
  popup?: "move" | undefined;
  /** Of the popup: the devices to move, by UUID, and the pool to move them to. */
  device?: string[] | undefined;
  to?: string | undefined;
}

export function readBalanceSearch(search: Record<string, unknown>): BalanceSearch {
  return {
    load: oneOf(search["load"], LOAD_BY),
    popup: oneOf(search["popup"], ["move"] as const),
    device: listOf(search["device"]),
    to: textOf(search["to"]),
  };
}
