/** Users to tick: those who can be chosen first, the others only when looked for, with the reason. */
import { useState, type ReactNode } from "react";
import { Check } from "../ui/Check";
import { count } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Empty } from "../ui/Panel";
import type { UserInfo } from "../users/live";
import { roleLetters } from "../users/roles";
import css from "./Groups.module.css";

export interface Pickable {
  user: UserInfo;
  isTicked: boolean;
  /** What ticking or leaving it means: "joins". */
  note?: ReactNode;
  /** Why it is not offered. */
  reason?: string | undefined;
}

const COLUMNS: readonly Column[] = [
  { key: "check", head: "", width: "38px" },
  { key: "name", head: "Name", width: "minmax(120px, 1.2fr)" },
  { key: "login", head: "Login", width: "minmax(90px, 0.9fr)" },
  { key: "roles", head: "Roles", width: "80px" },
  { key: "note", head: "", width: "minmax(140px, 1.4fr)" },
];

interface UserPickerProps {
  title: ReactNode;
  pickable: readonly Pickable[];
  onTick: (user: UserInfo, isTicked: boolean) => void;
}

export function UserPicker({ title, pickable, onTick }: UserPickerProps) {
  const [q, setQ] = useState("");
  const words = q.trim().toLowerCase();
  const offered = pickable.filter(({ reason }) => reason === undefined);
  const shown = words === "" ? offered : pickable.filter(({ user }) => `${user.name} ${user.displayName ?? ""}`.toLowerCase().includes(words));
  const byId = new Map(shown.map((one) => [one.user.id, one]));
  const others = pickable.length - offered.length;
  const tick = (id: string) => {
    const one = byId.get(id);
    if (one && one.reason === undefined) onTick(one.user, !one.isTicked);
  };
  return (
    <div className={css.picker}>
      <div className={css.pickerHead}>
        <span>{title}</span>
        <input className={css.search} type="search" value={q} onChange={(event) => setQ(event.target.value)} placeholder="Name or login" aria-label="Find a user" spellCheck={false} />
      </div>
      <div className={css.rows}>
        {shown.length === 0 ? (
          <Empty title={words === "" ? "No user is free" : "Nobody is called so"}>
            {words === "" && <>Everybody is in a group{others > 0 && ` (${count(others)})`}. A user is removed from the present group first; a group can also be made now and filled later.</>}
          </Empty>
        ) : (
          <Grid
            label="Users to choose"
            columns={COLUMNS}
            minWidth={470}
            rowHeight={36}
            ids={shown.map(({ user }) => user.id)}
            state={(id) => ({ isSelected: byId.get(id)?.isTicked ?? false, isOld: byId.get(id)?.reason !== undefined })}
            onOpen={tick}
            onToggle={tick}
            note={words === "" && others > 0 ? `${count(others)} in other groups are not offered` : undefined}
            renderCells={(id) => {
              const one = byId.get(id);
              return one && <PickableCells one={one} onTick={() => tick(id)} />;
            }}
          />
        )}
      </div>
    </div>
  );
}

function PickableCells({ one: { user, isTicked, note, reason }, onTick }: { one: Pickable; onTick: () => void }) {
  return (
    <>
      <Cell kind="check"><Check label={user.displayName ?? user.name} isSelected={isTicked} isDisabled={reason !== undefined} onChange={onTick} /></Cell>
      <Cell kind={isTicked ? "name" : undefined} title={user.displayName ?? user.name}>{user.displayName ?? user.name}</Cell>
      <Cell kind="muted">{user.name}</Cell>
      <Cell kind="muted">{roleLetters(user.roles)}</Cell>
      <Cell kind="muted" title={reason}>{reason ?? note}</Cell>
    </>
  );
}
