/** Which pool is looked at and which popup is open over it, as the address says it. */
import { listOf, oneOf, textOf } from "../search";

export type PoolPopup = "create" | "edit" | "delete" | "move";

export interface PoolSearch {
  /** The pool whose devices are shown; the Default pool if none is named. */
  pool?: string | undefined;
  /** The devices of all pools instead of one. */
  view?: "all" | undefined;
  popup?: PoolPopup | undefined;
  /** Of the popup: the pools that it deletes, by name. */
  which?: string[] | undefined;
  /** The devices that it begins with, by UUID. */
  device?: string[] | undefined;
  /** It begins with the free devices of this type. */
  type?: string | undefined;
  /** The pool that devices are moved to. */
  to?: string | undefined;
}

export function readPoolSearch(search: Record<string, unknown>): PoolSearch {
  return {
    pool: textOf(search["pool"]),
    view: oneOf(search["view"], ["all"] as const),
    popup: oneOf(search["popup"], ["create", "edit", "delete", "move"] as const),
    which: listOf(search["which"]),
    device: listOf(search["device"]),
    type: textOf(search["type"]),
    to: textOf(search["to"]),
  };
}

/** The same place with no popup over it. */
export const closed = ({ pool, view }: PoolSearch): PoolSearch => ({ pool, view });
