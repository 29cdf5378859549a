/** What is known of the cell under the pointer or the focus, live. */
import { ALLOCATION, type Fleet } from "../live/fleet";
import { useFleet } from "../live/Live";
import type { DeviceInfo } from "../live/documents";
import { celsius, gib, gpu, percent, shortType, timeOfDay, watts, wholeGib } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import css from "./HeatMap.module.css";
import type { HeatCell } from "./heatLayout";

const CARD_WIDTH = 268;
const CARD_HEIGHT = 190;

interface HeatCardProps {
  cell: HeatCell;
  size: number;
  padding: number;
  mapWidth: number;
}

export function HeatCard({ cell, size, padding, mapWidth }: HeatCardProps) {
  const fleet = useFleet();
  const { device } = cell;
  const row = fleet.row(device.id);
  const c = fleet.columns;
  const left = Math.max(0, Math.min(cell.x + size + 12, mapWidth - CARD_WIDTH));
  const isRoomBelow = cell.y < CARD_HEIGHT / 2;
  const top = isRoomBelow ? cell.y + padding + size + 10 : Math.max(-90, cell.y + padding - CARD_HEIGHT - 10);
  const reason = device.health.reasons[0];
  const facts: [string, string][] = [
    ["Pool", `${device.pool.name} · ${shortType(device.type.name)}`],
    ["Used", row === undefined ? "n/a" : percent(c.utilisation[row])],
    ["Memory", row === undefined ? "n/a" : `${gib(c.memory[row])} of ${wholeGib(device.memoryTotalBytes)} GiB`],
    ["Power", row === undefined ? "n/a" : `${watts(c.power[row])} of ${watts(c.powerLimit[row])} · ${celsius(c.temperature[row])}`],
    ["Held by", device.job ? `${device.job.name}${device.job.owner ? ` · ${device.job.owner}` : ""}` : "nobody"],
  ];
  return (
    <div className={css.card} style={{ left: left + padding, top }}>
      <p className={css.cardTitle}><Mark level={device.health.level} /> {device.node.hostName} · {gpu(device)}</p>
      {device.cordon && <p className={css.reason}><Mark level="OUT" /> Out of service: {device.cordon.reason}</p>}
      {reason && <p className={css.reason} data-level={device.health.level}>{reason.title}{reason.since != null && `, ${timeOfDay(reason.since)}`}</p>}
      <dl>
        {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      <p className={css.hint}>Enter or click opens the device · arrows move</p>
    </div>
  );
}

/** The same in one sentence, for a screen reader. */
export function describeCell(fleet: Fleet, device: DeviceInfo): string {
  const row = fleet.row(device.id);
  const c = fleet.columns;
  const used = row === undefined || c.isStale[row] ? "no data" : `used ${percent(c.utilisation[row])}`;
  const allocation = row === undefined || ALLOCATION[c.allocation[row]] === "OUT_OF_SERVICE" ? "" : `, ${ALLOCATION[c.allocation[row]].toLowerCase()}`;
  const reason = device.health.reasons[0]?.title ?? LEVEL_WORD[device.health.level];
  return `${device.node.hostName}, ${gpu(device)}, pool ${device.pool.name}: ${reason}, ${used}${allocation}${device.cordon ? `, out of service: ${device.cordon.reason}` : ""}`;
}
