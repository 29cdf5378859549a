/** Which groups are listed and which popup is open over them, as the address says it. */
import { listOf, oneOf, textOf } from "../search";

export type GroupPopup = "create" | "edit" | "delete";

export interface GroupSearch {
  /** A part of the name. */
  q?: string | undefined;
  popup?: GroupPopup | undefined;
  /** The groups that the popup is about, by name. */
  which?: string[] | undefined;
}

export function readGroupSearch(search: Record<string, unknown>): GroupSearch {
  return {
    q: textOf(search["q"]),
    popup: oneOf(search["popup"], ["create", "edit", "delete"] as const),
    which: listOf(search["which"]),
  };
}

export const closed = ({ q }: GroupSearch): GroupSearch => ({ q });
