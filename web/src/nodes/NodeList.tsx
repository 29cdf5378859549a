/** The machines of the cluster: how much of each is given away, computes, and how its host is. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useMemo } from "react";
import type { DeviceInfo, NodeInfo } from "../live/documents";
import { useFleet, useInventory, useLive } from "../live/Live";
import { activity, sum, type Sums } from "../live/sums";
import { Nothing } from "../session/Own";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { FilterField } from "../ui/FilterField";
import { count, percent, share, shortType, since } from "../ui/format";
import { Mark } from "../ui/Mark";
import { Meter } from "../ui/Meter";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import table from "../ui/Table.module.css";
import { NODE_STATES, type NodeSearch, type NodeSort } from "./search";
import { STATE_WORDS, nodeLevel } from "./state";
import { useNow } from "../ui/useNow";

const SORTS: readonly [NodeSort, string][] = [
  ["health:desc", "Worst health first"],
  ["name:asc", "By name"],
  ["allocated:desc", "Most allocated first"],
  ["used:desc", "Most used first"],
  ["cpu:desc", "Busiest host first"],
  ["memory:desc", "Fullest host first"],
];
const STATES = [["ALL", "All states"], ...NODE_STATES.map((state) => [state, STATE_WORDS[state]] as const)] as const;
const FIRST_ROWS = 40;
const SEVERITY = { OK: 0, WARNING: 1, UNKNOWN: 2, CRITICAL: 3 };
const collator = new Intl.Collator("en", { numeric: true });

export function NodeList() {
  const search = useSearch({ from: "/app/nodes" });
  const navigate = useNavigate({ from: "/nodes" });
  const { connection, store } = useLive();
  const { nodes, devices, failures, version } = useInventory();
  const { q, state, sort = "health:desc" } = search;
  const change = (next: Partial<NodeSearch>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const devicesOf = useMemo(() => {
    const map = new Map<string, DeviceInfo[]>();
    for (const device of devices.values()) {
      const of = map.get(device.node.id);
      if (of) of.push(device);
      else map.set(device.node.id, [device]);
    }
    return map;
    // oxlint-disable-next-line react/exhaustive-deps
  }, [devices, version]);
  const question = JSON.stringify([q, state, sort]);
  // Sorted when the question or the set of nodes changes, never by a tick: rows do not move alone.
  const ids = useMemo(
    () => arrangeNodes([...nodes.values()], search, (node) => sum(store.fleet, (devicesOf.get(node.id) ?? []).map((d) => d.id))),
    // oxlint-disable-next-line react/exhaustive-deps
    [question, nodes.size, nodes.isLoaded, devices.isLoaded, store.fleet.shownTime === null],
  );
  const failure = failures.get("nodes");
  const isFiltered = q !== undefined || state !== undefined;

  return (
    <Screen title="Nodes" note={nodes.isLoaded ? (isFiltered ? `${count(ids.length)} of ${count(nodes.size)}` : count(nodes.size)) : undefined}
      aside={
        <>
          <FilterField label="Node name" value={q ?? ""} onChange={(text) => change({ q: text || undefined })} />
          <Choice label="State" options={STATES} value={state?.[0] ?? "ALL"} onChange={(next) => change({ state: next === "ALL" ? undefined : [next] })} />
          <Choice label="Order" options={SORTS} value={sort} onChange={(next) => change({ sort: next })} />
        </>
      }>
      <Panel title="Machines" isLive>
        {failure !== undefined && !nodes.isLoaded ? <Failed what="The nodes" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
          : !nodes.isLoaded ? <Skeleton rows={16} rowHeight={32} />
          : ids.length === 0 && isFiltered ? <Empty title={`0 of ${count(nodes.size)} match`} action={<Action onPress={() => change({ q: undefined, state: undefined })}>Clear filters</Action>} />
          : ids.length === 0 ? <Nothing title="No node yet" of="nodes">Start a collector on a machine: it appears here by itself.</Nothing>
          : <NodeTable ids={ids} devicesOf={devicesOf} />}
      </Panel>
    </Screen>
  );
}

function arrangeNodes(all: NodeInfo[], { q, state, sort = "health:desc" }: NodeSearch, sumsOf: (node: NodeInfo) => Sums): string[] {
  const wanted = all.filter(
    (node) => (state === undefined || state.includes(node.state)) && (q === undefined || node.hostName.toLowerCase().includes(q.toLowerCase())),
  );
  const rank: Record<NodeSort, (node: NodeInfo) => number> = {
    "name:asc": () => 0,
    "health:desc": (node) => SEVERITY[nodeLevel(node)],
    "allocated:desc": (node) => sumsOf(node).allocated,
    "used:desc": (node) => sumsOf(node).utilisation ?? -1,
    "cpu:desc": (node) => node.host?.cpuPercent ?? -1,
    "memory:desc": (node) => share(node.host?.memoryUsedBytes, node.host?.memoryTotalBytes) ?? -1,
  };
  const ranked = wanted.map((node) => ({ node, rank: rank[sort](node) }));
  return ranked.toSorted((a, b) => b.rank - a.rank || collator.compare(a.node.hostName, b.node.hostName)).map(({ node }) => node.id);
}

function NodeTable({ ids, devicesOf }: { ids: string[]; devicesOf: Map<string, DeviceInfo[]> }) {
  const { nodes } = useInventory();
  // A screenful is painted at once; the rest follows without holding up what is pressed next.
  const shown = useDeferredValue(ids, ids.slice(0, FIRST_ROWS));
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Node</th><th scope="col">State</th><th scope="col">Allocated</th><th scope="col">Model</th>
            {["Computing", "Idle", "Free", "Used %", "Power W", "Hottest °C", "CPU %", "Mem. %"].map((head) => (
              <th key={head} scope="col" className={table.number}>{head}</th>
            ))}
            <th scope="col" className={table.number}>Heartbeat</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((id) => {
            const node = nodes.get(id);
            return node && <NodeRow key={id} node={node} devices={devicesOf.get(id) ?? []} />;
          })}
        </tbody>
      </table>
    </div>
  );
}

function NodeRow({ node, devices }: { node: NodeInfo; devices: DeviceInfo[] }) {
  const fleet = useFleet();
  const now = useNow();
  const sums = sum(fleet, devices.map((device) => device.id));
  const { computing, idle } = activity(sums);
  const types = [...new Set(devices.map((device) => shortType(device.type.name)))];
  const level = nodeLevel(node);
  const reason = node.health.reasons[0];
  const memory = share(node.host?.memoryUsedBytes, node.host?.memoryTotalBytes);
  const heartbeat = node.isStale || node.lastHeartbeatAt == null
    ? since(node.lastHeartbeatAt, now)
    : "live";
  return (
    <tr {...(node.isStale && { "data-old": "" })}>
      <th scope="row"><Link to="/nodes/$hostName" params={{ hostName: node.hostName }}>{node.hostName}</Link></th>
      <td className={table.clip} title={reason?.title}><span className={table.mark} data-level={level}><Mark level={node.isStale ? "STALE" : level} /> <span>{STATE_WORDS[node.state]}{reason && level !== "OK" && ` · ${reason.title}`}</span></span></td>
      <td>{sums.allocated} / {sums.devices}</td>
      <td className={table.muted}>{types.length > 1 ? `${types.length} models` : types[0]}</td>
      {[computing, idle, sums.free].map((n, i) => <td key={i} className={table.number}>{count(n)}</td>)}
      <td className={table.number}><span className={table.metered}><Meter percent={sums.utilisation} /> <span>{count(sums.utilisation)}</span></span></td>
      <td className={table.number}>{count(sums.powerWatts)}</td>
      <td className={table.number}>{count(sums.temperatureMax)}</td>
      <td className={table.number}>{count(node.host?.cpuPercent)}</td>
      <td className={table.number}>{memory === null ? percent(memory) : count(memory)}</td>
      <td className={table.number}>{heartbeat}</td>
    </tr>
  );
}
