/** Remote clusters: what jobs can be sent to, whether it answers, what it has free, and all done with them. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useIsOperator, useLive } from "../live/Live";
import { ForOperators } from "../session/Own";
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { focusWhenThere } from "../ui/focus";
import { count, since, UNKNOWN } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import { useTicked } from "../ui/useTicked";
import { ClusterPane } from "./ClusterPane";
import { ClusterPopups } from "./ClusterPopups";
import css from "./Clusters.module.css";
import { useClusters, type ClusterInfo } from "./live";
import type { ClusterPopup } from "./search";
import { capacityWords, isOld, jobsWords, KIND_WORDS, latencyWords, stateWords } from "./words";

const COLUMNS: readonly Column[] = [
  { key: "name", head: "Cluster", width: "minmax(110px, 1fr)" },
  { key: "kind", head: "Type", width: "108px" },
  { key: "state", head: "Status", width: "minmax(220px, 1.8fr)" },
  { key: "runs", head: "Version", width: "minmax(110px, 1fr)" },
  { key: "capacity", head: "Free of total", width: "minmax(160px, 1.8fr)" },
  { key: "jobs", head: "Jobs + waiting", width: "104px", isNumber: true },
  { key: "latency", head: "Latency", width: "70px", isNumber: true },
  { key: "contact", head: "Last contact", width: "100px", isNumber: true },
];

export function ClusterList() {
  if (useIsOperator()) return <List />;
  return <Screen title="Remote clusters"><Panel title="Where jobs can be sent"><ForOperators title="Remote clusters are for operators">They connect this cluster with others.</ForOperators></Panel></Screen>;
}

function List() {
  const search = useSearch({ from: "/app/clusters" });
  const navigate = useNavigate({ from: "/clusters" });
  const { connection } = useLive();
  const { all, failure } = useClusters();
  const now = useNow();
  const byId = new Map((all ?? []).map((cluster) => [cluster.id, cluster]));
  const ids = [...byId.keys()];
  const ticked = useTicked(ids);
  const shown = all?.find((cluster) => cluster.name === search.cluster);
  const show = (cluster: string | undefined) => void navigate({ search: { cluster }, replace: true });
  const open = (popup: ClusterPopup, some: Iterable<string> = []) =>
    void navigate({ search: (old) => ({ cluster: old.cluster, popup, which: [...some].map((id) => byId.get(id)?.name ?? "") }) });
  const close = () => show(search.cluster);
  const edit = () => ticked.ids.size === 1 && open("edit", ticked.ids);
  const remove = () => ticked.ids.size > 0 && open("remove", ticked.ids);
  useScreenKeys({ c: () => open("add"), e: edit });

  const columns = [{ key: "check", head: <Check label="All clusters" isSelected={ticked.ids.size > 0} isIndeterminate={ticked.ids.size > 0 && ticked.ids.size < ids.length} onChange={ticked.toggleAll} />, width: "36px" }, ...COLUMNS];
  return (
    <div className={pane.split}>
      <div className={pane.list}>
        <Screen title="Remote clusters" isFilling note={all === null ? undefined : count(all.length)}
          aside={
            <div className={css.actions}>
              <Action isDisabled={ticked.ids.size !== 1} onPress={edit} describedBy="cluster-actions"><Icon name="edit" size={14} /> Edit</Action>
              <Action isDisabled={ticked.ids.size === 0} onPress={remove} describedBy="cluster-actions"><Icon name="trash" size={14} /> Remove{ticked.ids.size > 1 && ` ${ticked.ids.size}`}</Action>
              <Action kind="primary" onPress={() => open("add")}><Icon name="plus" size={14} /> Add cluster</Action>
              <span id="cluster-actions" className="visually-hidden">{ticked.ids.size > 1 ? "One cluster is edited at a time." : ticked.ids.size === 0 ? "Choose a cluster first." : ""}</span>
            </div>
          }>
          <div className={pane.panel}>
            {failure !== null && all === null ? <Failed what="The remote clusters" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
              : all === null ? <Skeleton rows={3} rowHeight={36} />
              : all.length === 0 ? <Empty title="No other cluster yet">Add a Kubernetes cluster, a Slurm cluster or another Quartermaster: what it has free is shown here, and jobs can be sent there.</Empty>
              : (
                <Grid
                  label="Remote clusters"
                  columns={columns}
                  minWidth={1040}
                  rowHeight={36}
                  ids={ids}
                  activeId={shown?.id}
                  state={(id) => ({ isSelected: ticked.ids.has(id) })}
                  onOpen={(id) => show(byId.get(id)?.name)}
                  isFollowing={search.cluster !== undefined}
                  onToggle={ticked.toggle}
                  keys={{ e: (id) => open("edit", [id]) }}
                  note="by name"
                  renderCells={(id) => {
                    const cluster = byId.get(id);
                    return cluster && (
                      <>
                        <Cell kind="check"><Check label={`Choose ${cluster.name}`} isSelected={ticked.ids.has(id)} onChange={() => ticked.toggle(id)} /></Cell>
                        <Cells cluster={cluster} now={now} />
                      </>
                    );
                  }}
                />
              )}
          </div>
          <ClusterPopups
            search={search}
            clusters={all}
            close={close}
            onSaved={(name) => { show(name); focusWhenThere('[role=grid][aria-label="Remote clusters"]'); }}
            onRemoved={() => { show(undefined); ticked.clear(); }}
          />
        </Screen>
      </div>
      {search.cluster !== undefined && all !== null && <ClusterPane name={search.cluster} cluster={shown} close={() => show(undefined)} />}
    </div>
  );
}

/** Status and age are always of now; the figures of one that does not answer are dimmed, and its last contact dates them. */
function Cells({ cluster, now }: { cluster: ClusterInfo; now: number }) {
  const old = isOld(cluster, now);
  const words = stateWords(cluster, now);
  const figure = (text: string) => (old ? <span className={css.old}>{text}</span> : text);
  return (
    <>
      <Cell kind="name" title={cluster.name}>{cluster.name}</Cell>
      <Cell>{KIND_WORDS[cluster.kind]}</Cell>
      <Cell title={cluster.failure ?? words}><Mark level={cluster.state === "UNREACHABLE" ? "CRITICAL" : old || cluster.certificateEndsSoon ? "WARNING" : "OK"} /> {words}</Cell>
      <Cell title={cluster.runs ?? UNKNOWN}>{figure(cluster.runs ?? UNKNOWN)}</Cell>
      <Cell title={capacityWords(cluster)}>{figure(capacityWords(cluster))}</Cell>
      <Cell kind="number">{figure(jobsWords(cluster))}</Cell>
      <Cell kind="number">{figure(latencyWords(cluster.latencySeconds))}</Cell>
      <Cell kind="number">{since(cluster.contactedAt, now)} ago</Cell>
    </>
  );
}
