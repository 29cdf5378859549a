/** The popup that the address asks for. A target that went meanwhile is said to be gone. */
import { Action } from "../ui/Action";
import { Popup } from "../ui/Popup";
import { DeleteTargets } from "./DeleteTargets";
import type { Targets } from "./live";
import type { TargetSearch } from "./search";
import { TargetForm } from "./TargetForm";

interface TargetPopupsProps {
  search: TargetSearch;
  targets: Targets;
  close: () => void;
  onSaved: (id: string) => void;
  onDeleted: () => void;
}

export function TargetPopups({ search: { popup, which = [] }, targets: { all, checks }, close, onSaved, onDeleted }: TargetPopupsProps) {
  const saved = (id: string) => {
    close();
    onSaved(id);
  };
  if (popup === "create") return <TargetForm checks={checks} onSaved={saved} onClose={close} />;
  if (popup === undefined || all === null) return null;
  const meant = all.filter((target) => which.includes(target.name));
  if (meant.length === 0) {
    return <Popup title="This target is gone" onClose={close} actions={<Action autoFocus onPress={close}>Close</Action>}>{which.join(", ")} was renamed or deleted meanwhile.</Popup>;
  }
  if (popup === "edit") return <TargetForm key={meant[0].id} target={meant[0]} checks={checks} onSaved={saved} onClose={close} />;
  return <DeleteTargets targets={meant} onDeleted={() => { close(); onDeleted(); }} onClose={close} />;
}
