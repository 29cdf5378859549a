/** Users: who is on board with which roles, in which group and with how much work, and all that is done with them. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useGroups } from "../groups/live";
import type { JobInfo } from "../live/documents";
import { useInventory, useIsOperator, useLive } from "../live/Live";
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { brief, counted, Filters } from "../ui/Filters";
import { focusWhenThere } from "../ui/focus";
import { count } from "../ui/format";
import { Cell, Grid } from "../ui/Grid";
import { Icon } from "../ui/Icon";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useTicked } from "../ui/useTicked";
import { arrangeUsers, groupNameOf, hasFilters } from "./filters";
import { useUsers, type UserInfo } from "./live";
import { ROLE_WORDS } from "./roles";
import { closed, NO_GROUP, type UserPopup, type UserSearch } from "./search";
import { USER_COLUMNS, UserCells } from "./UserCells";
import { UserPopups } from "./UserPopups";
import css from "./Users.module.css";

export function UserList() {
  const search = useSearch({ from: "/app/users" });
  const navigate = useNavigate({ from: "/users" });
  const { connection, session } = useLive();
  const isOperator = useIsOperator();
  const { items, version, failure } = useUsers();
  const { items: groups, version: groupsVersion } = useGroups();
  const { jobs, version: jobsVersion } = useInventory();
  const [stoodOn, setStoodOn] = useState<string>();
  const filters = { q: search.q, role: search.role, group: search.group };
  const question = JSON.stringify(filters);
  // Groups are followed too: one may be renamed without a change of its users.
  const users = useMemo(
    () => [...items.values()].map((user): UserInfo => ({ ...user, group: user.group && (groups.get(user.group.id) ?? user.group) })),
    // The versions stand for the contents.
    // oxlint-disable-next-line react/exhaustive-deps
    [items, version, groups, groupsVersion],
  );
  const shown = useMemo(() => arrangeUsers(users, JSON.parse(question) as typeof filters), [users, question]);
  const byId = new Map(shown.map((user) => [user.id, user]));
  const ids = shown.map((user) => user.id);
  const ticked = useTicked(ids);
  const jobsOf = useMemo(() => byUser(jobs.values()),
    // oxlint-disable-next-line react/exhaustive-deps
    [jobs, jobsVersion]);

  const change = (next: UserSearch) => void navigate({ search: (old) => ({ ...old, ...next }) });
  const filter = (next: UserSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const close = () => void navigate({ search: closed, replace: true });
  const popup = (kind: UserPopup, of: Iterable<string>) => change({ popup: kind, which: [...of].map((id) => items.get(id)?.name ?? "") });
  const one = ticked.ids.size === 1 ? [...ticked.ids] : null;
  const edit = () => one && popup("edit", one);
  const onBoard = () => change({ popup: "on-board" });
  useScreenKeys(isOperator ? { c: onBoard, e: () => void edit() } : {});

  const columns = isOperator
    ? [{ key: "check", head: <Check label="All users" isSelected={ticked.ids.size > 0} isIndeterminate={ticked.ids.size > 0 && ticked.ids.size < ids.length} onChange={ticked.toggleAll} />, width: "36px" }, ...USER_COLUMNS]
    : USER_COLUMNS;
  return (
    <Screen title="Users" isFilling note={items.isLoaded ? (hasFilters(filters) ? `${count(shown.length)} of ${count(items.size)}` : count(items.size)) : undefined}
      aside={isOperator && (
        <div className={css.actions}>
          <Action isDisabled={one === null} onPress={() => void edit()} describedBy="user-actions"><Icon name="edit" size={14} /> Roles</Action>
          <Action isDisabled={one === null} onPress={() => one && popup("password", one)} describedBy="user-actions"><Icon name="lock" size={14} /> New password</Action>
          <Action isDisabled={one === null} onPress={() => one && popup("tokens", one)} describedBy="user-actions">Tokens</Action>
          <Action isDisabled={ticked.ids.size === 0} onPress={() => popup("delete", ticked.ids)} describedBy="user-actions"><Icon name="trash" size={14} /> Delete{ticked.ids.size > 1 && ` ${ticked.ids.size}`}</Action>
          <Action kind="primary" onPress={onBoard}><Icon name="plus" size={14} /> On-board users</Action>
          <span id="user-actions" className="visually-hidden">{ticked.ids.size > 1 ? "Roles, passwords and tokens are of one user at a time." : ticked.ids.size === 0 ? "Choose a user first." : ""}</span>
        </div>
      )}>
      {isOperator && (
        <Filters
          label="Name or login"
          q={search.q}
          filters={[
            { name: "role", words: "Role", values: search.role, summary: search.role && brief(search.role.map((role) => ROLE_WORDS[role])) },
            { name: "group", words: "Group", values: search.group },
          ]}
          options={(name) => name === "role" ? counted(users.flatMap((user) => user.roles), ROLE_WORDS) : counted(users.map(groupNameOf), { [NO_GROUP]: "in no group" })}
          onWords={(q) => filter({ q })}
          onChange={(name, values) => filter({ [name]: values })}
          clear={() => void navigate({ search: {} })}
        />
      )}
      <div className={pane.panel}>
        {failure !== null && !items.isLoaded ? <Failed what="The users" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
          : !items.isLoaded ? <Skeleton rows={14} rowHeight={32} />
          : shown.length === 0 ? <Empty title={`0 of ${count(items.size)} match`} action={<Action onPress={() => void navigate({ search: {} })}>Clear filters</Action>} />
          : (
            <Grid
              label="Users"
              columns={columns}
              minWidth={isOperator ? 936 : 900}
              rowHeight={32}
              ids={ids}
              activeId={stoodOn}
              state={(id) => ({ isSelected: ticked.ids.has(id) })}
              {...(isOperator && { onOpen: (id: string) => popup("edit", [id]), onToggle: ticked.toggle, keys: { e: (id: string) => popup("edit", [id]) } })}
              note="by login"
              renderCells={(id) => {
                const user = byId.get(id);
                return user && (
                  <>
                    {isOperator && <Cell kind="check"><Check label={`Choose ${user.name}`} isSelected={ticked.ids.has(id)} onChange={() => ticked.toggle(id)} /></Cell>}
                    <UserCells user={user} jobs={jobsOf.get(id) ?? NONE} isSelf={user.name === session.name} />
                  </>
                );
              }}
            />
          )}
      </div>
      {isOperator && items.isLoaded && (
        <UserPopups
          search={search}
          users={users}
          groups={[...groups.values()]}
          jobsOf={jobsOf}
          change={change}
          close={close}
          onSaved={(id) => { setStoodOn(id); focusWhenThere("[role=grid][aria-label=Users]"); }}
          onDeleted={ticked.clear}
        />
      )}
    </Screen>
  );
}

const NONE: readonly JobInfo[] = [];

function byUser(jobs: Iterable<JobInfo>): Map<string, JobInfo[]> {
  const map = new Map<string, JobInfo[]>();
  for (const job of jobs) {
    if (!job.user) continue;
    const list = map.get(job.user.id);
    if (list) list.push(job);
    else map.set(job.user.id, [job]);
  }
  return map;
}
