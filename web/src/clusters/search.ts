/** Which cluster is shown beside the list and which popup is open over it, as the address says it. */
import { listOf, oneOf, textOf } from "../search";

export type ClusterPopup = "add" | "edit" | "remove";

export interface ClusterSearch {
  /** The one whose details are shown, by name. */
  cluster?: string | undefined;
  popup?: ClusterPopup | undefined;
  /** The clusters that the popup is about, by name. */
  which?: string[] | undefined;
}

export function readClusterSearch(search: Record<string, unknown>): ClusterSearch {
  return {
    cluster: textOf(search["cluster"]),
    popup: oneOf(search["popup"], ["add", "edit", "remove"] as const),
    which: listOf(search["which"]),
  };
}
