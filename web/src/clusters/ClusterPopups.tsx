/** The popup that the address asks for. A cluster that went meanwhile is said to be gone. */
import { Action } from "../ui/Action";
import { Popup } from "../ui/Popup";
import { ClusterForm } from "./ClusterForm";
import type { ClusterInfo } from "./live";
import { RemoveClusters } from "./RemoveClusters";
import type { ClusterSearch } from "./search";

interface ClusterPopupsProps {
  search: ClusterSearch;
  /** Null before they are known. */
  clusters: readonly ClusterInfo[] | null;
  close: () => void;
  onSaved: (name: string) => void;
  onRemoved: () => void;
}

export function ClusterPopups({ search: { popup, which = [] }, clusters, close, onSaved, onRemoved }: ClusterPopupsProps) {
  if (popup === "add") return <ClusterForm onSaved={onSaved} onClose={close} />;
  if (popup === undefined || clusters === null) return null;
  const meant = clusters.filter((cluster) => which.includes(cluster.name));
  if (meant.length === 0) {
    return <Popup title="This cluster is gone" onClose={close} actions={<Action autoFocus onPress={close}>Close</Action>}>{which.join(", ")} was renamed or removed meanwhile.</Popup>;
  }
  if (popup === "edit") return <ClusterForm key={meant[0].id} cluster={meant[0]} onSaved={onSaved} onClose={close} />;
  return <RemoveClusters clusters={meant} onRemoved={onRemoved} onClose={close} />;
}
