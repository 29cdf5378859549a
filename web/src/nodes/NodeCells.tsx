/** One node in the list: its sums change in place with every tick, its position does not. */
import { Link } from "@tanstack/react-router";
import type { DeviceInfo, NodeInfo } from "../live/documents";
import { useFleet } from "../live/Live";
import { activity, sum } from "../live/sums";
import { count, percent, share, shortType, since } from "../ui/format";
import { Cell, type Column } from "../ui/Grid";
import { Mark } from "../ui/Mark";
import { Meter } from "../ui/Meter";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";
import css from "./NodeList.module.css";
import { nodeLevel, stateWords } from "./state";

export const NODE_COLUMNS: readonly Column[] = [
  { key: "node", head: "Node", width: "minmax(124px, 1.2fr)" },
  { key: "state", head: "State", width: "minmax(180px, 2.4fr)" },
  { key: "allocated", head: "Allocated", width: "80px" },
  { key: "model", head: "Model", width: "minmax(130px, 1fr)" },
  { key: "computing", head: "Computing", width: "86px", isNumber: true },
  { key: "idle", head: "Idle", width: "52px", isNumber: true },
  { key: "free", head: "Free", width: "52px", isNumber: true },
  { key: "used", head: "Used %", width: "108px", isNumber: true },
  { key: "power", head: "Power W", width: "76px", isNumber: true },
  { key: "hottest", head: "Hottest °C", width: "84px", isNumber: true },
  { key: "cpu", head: "CPU %", width: "62px", isNumber: true },
  { key: "memory", head: "Mem. %", width: "66px", isNumber: true },
  { key: "heartbeat", head: "Heartbeat", width: "84px", isNumber: true },
];

export function NodeCells({ node, devices }: { node: NodeInfo; devices: readonly DeviceInfo[] }) {
  const fleet = useFleet();
  const now = useNow();
  const sums = sum(fleet, devices.map((device) => device.id));
  const { computing, idle } = activity(sums);
  const types = [...new Set(devices.map((device) => shortType(device.type.name)))];
  const level = nodeLevel(node);
  const memory = share(node.host?.memoryUsedBytes, node.host?.memoryTotalBytes);
  return (
    <>
      <Cell kind="name"><Link to="/nodes/$hostName" params={{ hostName: node.hostName }}>{node.hostName}</Link>{node.cordon && <> <Mark level="OUT" label="Out of service" /></>}</Cell>
      <Cell title={[node.cordon && `Out of service: ${node.cordon.reason}`, ...node.health.reasons.map((one) => one.title)].filter(Boolean).join("; ")}>
        <span className={css.state} data-level={level}><Mark level={node.isStale ? "STALE" : level} /> <span className={css.words}>{stateWords(node)}</span></span>
      </Cell>
      <Cell>{sums.allocated} / {sums.devices}</Cell>
      <Cell kind="muted">{types.length > 1 ? `${types.length} models` : types[0]}</Cell>
      {[computing, idle, sums.free].map((n, i) => <Cell key={i} kind="number">{count(n)}</Cell>)}
      <Cell kind="number"><span className={table.metered}><Meter percent={sums.utilisation} /> <span>{count(sums.utilisation)}</span></span></Cell>
      <Cell kind="number">{count(sums.powerWatts)}</Cell>
      <Cell kind="number">{count(sums.temperatureMax)}</Cell>
      <Cell kind="number">{count(node.host?.cpuPercent)}</Cell>
      <Cell kind="number">{memory === null ? percent(memory) : count(memory)}</Cell>
      <Cell kind="number">{node.isStale || node.lastHeartbeatAt == null ? since(node.lastHeartbeatAt, now) : "live"}</Cell>
    </>
  );
}
