/** Which target is open beside the list, and which popup over it, as the address says it. */
import { listOf, oneOf } from "../search";

export type TargetPopup = "create" | "edit" | "delete";

export interface TargetSearch {
  popup?: TargetPopup | undefined;
  /** The targets that the popup is about, by name. */
  which?: string[] | undefined;
  /** The one that is open, by its UUID. */
  target?: string | undefined;
}

export function readTargetSearch(search: Record<string, unknown>): TargetSearch {
  const target = search["target"];
  return {
    popup: oneOf(search["popup"], ["create", "edit", "delete"] as const),
    which: listOf(search["which"]),
    target: typeof target === "string" && target !== "" ? target : undefined,
  };
}
