/** DVS targets: where versions of data are kept, whether they work, and everything done with them. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useIsOperator, useLive } from "../live/Live";
import { ForOperators } from "../session/Own";
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { focusWhenThere } from "../ui/focus";
import { count } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import { useTicked } from "../ui/useTicked";
import { useTargets, type TargetInfo } from "./live";
import type { TargetPopup } from "./search";
import { TargetPane } from "./TargetPane";
import { TargetPopups } from "./TargetPopups";
import css from "./Targets.module.css";
import { KIND_WORDS, placeOf, stateWords } from "./words";

const COLUMNS: readonly Column[] = [
  { key: "name", head: "Target", width: "minmax(120px, 1fr)" },
  { key: "metadata", head: "Metadata", width: "minmax(120px, 1.5fr)" },
  { key: "storage", head: "Storage", width: "minmax(120px, 1.5fr)" },
  { key: "state", head: "State", width: "minmax(150px, 1.6fr)" },
  { key: "used", head: "Used by", width: "110px" },
];

export function TargetList() {
  if (useIsOperator()) return <List />;
  return <Screen title="DVS targets"><Panel title="Where versions are kept"><ForOperators title="DVS targets are for operators">They say where versions of data are kept.</ForOperators></Panel></Screen>;
}

function List() {
  const search = useSearch({ from: "/app/dvs" });
  const navigate = useNavigate({ from: "/dvs" });
  const { connection } = useLive();
  const targets = useTargets();
  const { all, failure } = targets;
  const [made, setMade] = useState<string>();
  const byId = new Map((all ?? []).map((target) => [target.id, target]));
  const ids = [...byId.keys()];
  const ticked = useTicked(ids);
  const opened = all?.find((target) => target.uuid === search.target);
  const open = (popup: TargetPopup, some: Iterable<string> = []) =>
    void navigate({ search: (old) => ({ ...old, popup, which: [...some].map((id) => byId.get(id)?.name ?? "") }) });
  const show = (id: string | undefined) => void navigate({ search: { target: id === undefined ? undefined : byId.get(id)?.uuid }, replace: true });
  const close = () => void navigate({ search: ({ target }) => ({ target }), replace: true });
  const edit = () => ticked.ids.size === 1 && open("edit", ticked.ids);
  const remove = () => ticked.ids.size > 0 && open("delete", ticked.ids);
  useScreenKeys({ c: () => open("create"), e: edit });

  const columns = [{ key: "check", head: <Check label="All targets" isSelected={ticked.ids.size > 0} isIndeterminate={ticked.ids.size > 0 && ticked.ids.size < ids.length} onChange={ticked.toggleAll} />, width: "36px" }, ...COLUMNS];
  return (
    <div className={pane.split}>
      <div className={pane.list}>
        <Screen title="DVS targets" isFilling note={all === null ? undefined : count(all.length)}
          aside={
            <div className={css.actions}>
              <Action isDisabled={ticked.ids.size !== 1} onPress={edit} describedBy="target-actions"><Icon name="edit" size={14} /> Edit</Action>
              <Action isDisabled={ticked.ids.size === 0} onPress={remove} describedBy="target-actions"><Icon name="trash" size={14} /> Delete{ticked.ids.size > 1 && ` ${ticked.ids.size}`}</Action>
              <Action kind="primary" onPress={() => open("create")}><Icon name="plus" size={14} /> Create target</Action>
              <span id="target-actions" className="visually-hidden">{ticked.ids.size > 1 ? "One target is edited at a time." : ticked.ids.size === 0 ? "Choose a target first." : ""}</span>
            </div>
          }>
          <div className={pane.panel}>
            {failure !== null && all === null ? <Failed what="The targets" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
              : all === null ? <Skeleton rows={3} rowHeight={36} />
              : all.length === 0 ? <Empty title="There is no target">A target says where versions of data are kept.</Empty>
              : (
                <Grid
                  label="DVS targets"
                  columns={columns}
                  minWidth={690}
                  rowHeight={36}
                  ids={ids}
                  activeId={opened?.id ?? made}
                  state={(id) => ({ isSelected: ticked.ids.has(id) || opened?.id === id })}
                  onOpen={show}
                  isFollowing={opened !== undefined}
                  onToggle={ticked.toggle}
                  keys={{ e: (id) => open("edit", [id]) }}
                  note="the default first, then by name"
                  renderCells={(id) => {
                    const target = byId.get(id);
                    return target && (
                      <>
                        <Cell kind="check"><Check label={`Choose ${target.name}`} isSelected={ticked.ids.has(id)} onChange={() => ticked.toggle(id)} /></Cell>
                        <Cells target={target} />
                      </>
                    );
                  }}
                />
              )}
          </div>
          <TargetPopups
            search={search}
            targets={targets}
            close={close}
            onSaved={(id) => { setMade(id); focusWhenThere("[role=grid][aria-label='DVS targets']"); }}
            onDeleted={ticked.clear}
          />
        </Screen>
      </div>
      {search.target !== undefined && all !== null && (
        <TargetPane target={opened} checks={targets.checks} close={() => show(undefined)}
          onEdit={() => opened && open("edit", [opened.id])} onDelete={() => opened && open("delete", [opened.id])} />
      )}
    </div>
  );
}

function Cells({ target }: { target: TargetInfo }) {
  const words = stateWords(target, useNow());
  const place = (source: TargetInfo["metadata"] | TargetInfo["storage"]) => {
    const where = `${KIND_WORDS[source.kind]}: ${placeOf(source)}`;
    return <Cell kind="muted" title={where}>{where}</Cell>;
  };
  return (
    <>
      <Cell kind="name" title={target.name}>{target.name} {target.isDefault && <span className={css.tag}>default</span>}</Cell>
      {place(target.metadata)}
      {place(target.storage)}
      <Cell title={words}>{target.state === "FAILING" && <><Mark level="WARNING" />{" "}</>}{words}</Cell>
      <Cell kind="muted">{target.usedBy.join(", ")}</Cell>
    </>
  );
}
