/** The popup that the address asks for. Who went meanwhile is said to be gone. */
import type { GroupInfo } from "../groups/live";
import type { JobInfo } from "../live/documents";
import { useLive } from "../live/Live";
import { Action } from "../ui/Action";
import { Popup } from "../ui/Popup";
import { DeleteUsers } from "./DeleteUsers";
import { EditUser } from "./EditUser";
import type { UserInfo } from "./live";
import { OnBoard } from "./OnBoard";
import { ResetPassword } from "./ResetPassword";
import type { UserSearch } from "./search";
import { UserTokens } from "./UserTokens";

interface UserPopupsProps {
  search: UserSearch;
  users: readonly UserInfo[];
  groups: readonly GroupInfo[];
  jobsOf: ReadonlyMap<string, readonly JobInfo[]>;
  change: (next: UserSearch) => void;
  close: () => void;
  onSaved: (id: string) => void;
  onDeleted: () => void;
}

export function UserPopups({ search: { popup, which = [] }, users, groups, jobsOf, change, close, onSaved, onDeleted }: UserPopupsProps) {
  const { session } = useLive();
  const saved = (id: string) => {
    close();
    onSaved(id);
  };
  if (popup === "on-board") return <OnBoard groups={groups} onDone={(id) => (id === undefined ? close() : saved(id))} onClose={close} />;
  if (popup === undefined) return null;
  const meant = users.filter((user) => which.includes(user.name));
  if (meant.length === 0) {
    return <Popup title="This user is gone" onClose={close} actions={<Action kind="primary" autoFocus onPress={close}>Close</Action>}><p>Nobody on board is called {which.join(", ")} now. Somebody may have deleted the user meanwhile.</p></Popup>;
  }
  const [user] = meant;
  const isSelf = user.name === session.name;
  if (popup === "edit") return <EditUser key={user.id} user={user} isSelf={isSelf} onSaved={saved} onClose={close} />;
  if (popup === "password") return <ResetPassword key={user.id} user={user} isSelf={isSelf} onClose={close} />;
  if (popup === "tokens") return <UserTokens key={user.id} user={user} onClose={close} />;
  return (
    <DeleteUsers
      users={meant}
      otherOperators={users.filter((one) => one.roles.includes("OPERATOR") && !meant.includes(one)).length}
      selfName={session.name}
      jobsOf={jobsOf}
      onOnly={(only) => change({ popup: "delete", which: only.map((one) => one.name) })}
      onDeleted={() => { close(); onDeleted(); }}
      onClose={close}
    />
  );
}
