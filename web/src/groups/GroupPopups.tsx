/** The popup that the address asks for. A group that went meanwhile is said to be gone. */
import { Action } from "../ui/Action";
import { Popup } from "../ui/Popup";
import { DeleteGroups } from "./DeleteGroups";
import { GroupForm } from "./GroupForm";
import type { GroupInfo } from "./live";
import type { GroupSearch } from "./search";

interface GroupPopupsProps {
  search: GroupSearch;
  groups: readonly GroupInfo[];
  change: (next: GroupSearch) => void;
  close: () => void;
  onSaved: (id: string) => void;
  onDeleted: () => void;
}

export function GroupPopups({ search: { popup, which = [] }, groups, change, close, onSaved, onDeleted }: GroupPopupsProps) {
  const saved = (id: string) => {
    close();
    onSaved(id);
  };
  if (popup === "create") return <GroupForm onSaved={saved} onClose={close} />;
  if (popup === undefined || groups.length === 0) return null;
  const meant = groups.filter((group) => which.includes(group.name));
  if (meant.length === 0) {
    return <Popup title="This group is gone" onClose={close} actions={<Action autoFocus onPress={close}>Close</Action>}>{which.join(", ")} was renamed or deleted meanwhile.</Popup>;
  }
  if (popup === "edit") return <GroupForm key={meant[0].id} group={meant[0]} onSaved={saved} onClose={close} />;
  return (
    <DeleteGroups
      groups={meant}
      onOnly={(only) => change({ popup: "delete", which: only.map((group) => group.name) })}
      onDeleted={() => { close(); onDeleted(); }}
      onClose={close}
    />
  );
}
