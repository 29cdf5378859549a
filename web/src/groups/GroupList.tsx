/** Groups: who uses which pool and how much of it computes, and everything an operator does with them. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { isEnforced } from "../enforcement/words";
import { useInventory, useIsOperator, useLive } from "../live/Live";
import { Nothing } from "../session/Own";
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { FilterField } from "../ui/FilterField";
import { focusWhenThere } from "../ui/focus";
import { count } from "../ui/format";
import { Cell, Grid } from "../ui/Grid";
import { Icon } from "../ui/Icon";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useTicked } from "../ui/useTicked";
import { CLUSTER_COLUMN, GROUP_COLUMNS, GroupCells } from "./GroupCells";
import css from "./Groups.module.css";
import { GroupPopups } from "./GroupPopups";
import { useGroups, useSortedGroups } from "./live";
import { closed, type GroupSearch } from "./search";

export function GroupList() {
  const search = useSearch({ from: "/app/groups" });
  const navigate = useNavigate({ from: "/groups" });
  const { connection } = useLive();
  const isOperator = useIsOperator();
  const followed = useGroups();
  const groups = useSortedGroups(followed);
  const { jobs, devices, version } = useInventory();
  const [made, setMade] = useState<string>();
  const shown = groups.filter((group) => group.name.toLowerCase().includes(search.q?.toLowerCase() ?? ""));
  const ids = shown.map((group) => group.id);
  const ticked = useTicked(ids.filter((id) => !followed.items.get(id)?.isDefault));
  const change = (next: GroupSearch) => void navigate({ search: (old) => ({ ...old, ...next }) });
  const close = () => void navigate({ search: closed, replace: true });
  const namesOf = (some: Iterable<string>) => [...some].map((id) => followed.items.get(id)?.name ?? "");

  const edit = (id: string) => change({ popup: "edit", which: namesOf([id]) });
  const editTicked = () => ticked.ids.size === 1 && edit([...ticked.ids][0]);
  const create = () => change({ popup: "create" });
  const remove = () => ticked.ids.size > 0 && change({ popup: "delete", which: namesOf(ticked.ids) });
  useScreenKeys(isOperator ? { c: create, e: editTicked } : {});

  const devicesOf = useMemo(() => collect([...devices.values()].map((device) => [device.pool.id, device.id])),
    // oxlint-disable-next-line react/exhaustive-deps
    [devices, version]);
  const jobsOf = useMemo(() => collect([...jobs.values()].map((job) => [job.group?.id ?? "", job.id])),
    // oxlint-disable-next-line react/exhaustive-deps
    [jobs, version]);

  const isInCluster = isEnforced(groups);
  const said = isInCluster ? [...GROUP_COLUMNS, CLUSTER_COLUMN] : GROUP_COLUMNS;
  const columns = isOperator ? [{ key: "check", head: <Check label="All groups" isSelected={ticked.ids.size > 0} isIndeterminate={ticked.ids.size > 0 && ticked.ids.size < ids.length - 1} onChange={ticked.toggleAll} />, width: "36px" }, ...said] : said;
  return (
    <Screen title="Groups" isFilling note={followed.items.isLoaded ? (search.q === undefined ? count(groups.length) : `${count(shown.length)} of ${count(groups.length)}`) : undefined}
      aside={isOperator && (
        <div className={css.actions}>
          <Action isDisabled={ticked.ids.size !== 1} onPress={editTicked} describedBy="group-actions"><Icon name="edit" size={14} /> Edit</Action>
          <Action isDisabled={ticked.ids.size === 0} onPress={remove} describedBy="group-actions"><Icon name="trash" size={14} /> Delete{ticked.ids.size > 1 && ` ${ticked.ids.size}`}</Action>
          <Action kind="primary" onPress={create}><Icon name="plus" size={14} /> Create group</Action>
          <span id="group-actions" className="visually-hidden">{ticked.ids.size > 1 ? "One group is edited at a time." : ticked.ids.size === 0 ? "Choose a group first." : ""}</span>
        </div>
      )}>
      <search className={css.bar}><FilterField label="Group" value={search.q ?? ""} onChange={(q) => void navigate({ search: (old) => ({ ...old, q: q || undefined }), replace: true })} /></search>
      <div className={pane.panel}>
        {followed.failure !== null && !followed.items.isLoaded ? <Failed what="The groups" failure={{ message: followed.failure, requestId: null }} retry={() => connection.retryNow()} />
          : !followed.items.isLoaded ? <Skeleton rows={8} rowHeight={36} />
          : shown.length === 0 && groups.length > 0 ? <Empty title={`0 of ${count(groups.length)} match`} action={<Action onPress={() => void navigate({ search: {} })}>Clear the filter</Action>} />
          : shown.length === 0 ? <Nothing title="No group yet" of="groups" />
          : (
            <Grid
              label="Groups"
              columns={columns}
              minWidth={(isOperator ? 956 : 920) + (isInCluster ? 130 : 0)}
              rowHeight={36}
              ids={ids}
              activeId={made}
              state={(id) => ({ isSelected: ticked.ids.has(id) })}
              {...(isOperator && { onOpen: edit, onToggle: ticked.toggle, keys: { e: edit } })}
              note="by name, the Default group last"
              renderCells={(id) => {
                const group = followed.items.get(id);
                return group && (
                  <>
                    {isOperator && <Cell kind="check">{!group.isDefault && <Check label={`Choose ${group.name}`} isSelected={ticked.ids.has(id)} onChange={() => ticked.toggle(id)} />}</Cell>}
                    <GroupCells group={group} deviceIds={devicesOf.get(group.pool?.id ?? "") ?? NONE} jobs={jobsOf.get(id)?.length ?? 0} isInCluster={isInCluster} />
                  </>
                );
              }}
            />
          )}
      </div>
      {isOperator && (
        <GroupPopups
          search={search}
          groups={groups}
          close={close}
          change={change}
          onSaved={(id) => { setMade(id); focusWhenThere("[role=grid][aria-label=Groups]"); }}
          onDeleted={ticked.clear}
        />
      )}
    </Screen>
  );
}

const NONE: readonly string[] = [];

function collect(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [key, value] of pairs) {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  }
  return map;
}
