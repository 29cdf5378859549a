/** One device in the grid: its numbers change in place with every tick, its position does not. */
import { memo } from "react";
import type { DeviceInfo } from "../live/documents";
import { HEALTH } from "../live/fleet";
import { useFleet } from "../live/Live";
import { count, gib } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Meter } from "../ui/Meter";
import css from "./DeviceGrid.module.css";
import type { SortField } from "./sorting";

export const COLUMNS: readonly { field: SortField; head: string; isNumber?: boolean }[] = [
  { field: "node", head: "Node · GPU" },
  { field: "health", head: "Health" },
  { field: "used", head: "Used %", isNumber: true },
  { field: "memory", head: "Mem GiB", isNumber: true },
  { field: "power", head: "Power W", isNumber: true },
  { field: "temperature", head: "Temp °C", isNumber: true },
  { field: "pool", head: "Pool" },
  { field: "job", head: "Job" },
];

interface DeviceRowProps {
  device: DeviceInfo | undefined;
  index: number;
  top: number;
  height: number;
  isActive: boolean;
  isSelected: boolean;
  onOpen: () => void;
}

export const DeviceRow = memo(function DeviceRow({ device, index, top, height, isActive, isSelected, onOpen }: DeviceRowProps) {
  const fleet = useFleet();
  const style = { transform: `translateY(${top}px)`, height };
  if (device === undefined) {
    return (
      <div role="row" id={`device-row-${index}`} aria-rowindex={index + 2} className={css.row} style={style}>
        <div role="gridcell" aria-colspan={COLUMNS.length} className={css.muted}>No longer in the cluster</div>
      </div>
    );
  }
  const row = fleet.row(device.id);
  const c = fleet.columns;
  const isStale = row === undefined || c.isStale[row] === 1;
  const level = row === undefined ? device.health.level : HEALTH[c.health[row]];
  const reason = device.health.reasons[0];
  const read = (column: ArrayLike<number>) => (row === undefined ? Number.NaN : column[row]);
  const used = read(c.utilisation);
  const temperature = read(c.temperature);
  const isHot = device.temperatureSlowdownCelsius != null && temperature >= device.temperatureSlowdownCelsius;
  return (
    // The keyboard works from the grid (aria-activedescendant).
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      id={`device-row-${index}`}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className={css.row}
      {...(isActive && { "data-active": "" })}
      {...(isStale && { "data-old": "" })}
      style={style}
      onClick={onOpen}
    >
      <div role="gridcell" className={css.name}>{device.node.hostName} · {device.index}{device.migProfile && ` ${device.migProfile}`}</div>
      <div role="gridcell" className={css.health} data-level={level} title={reason?.title}>
        <Mark level={isStale && level !== "CRITICAL" ? "STALE" : level} />
        <span>{level === "OK" ? "OK" : (reason?.title.split(",")[0] ?? LEVEL_WORD[level])}</span>
      </div>
      <div role="gridcell" className={css.used}><Meter percent={used} /><span>{count(used)}</span></div>
      <div role="gridcell" className={css.number}>{gib(read(c.memory))}</div>
      <div role="gridcell" className={css.number}>{count(read(c.power))}</div>
      <div role="gridcell" className={`${css.number} ${isHot ? css.hot : ""}`}>{count(temperature)}</div>
      <div role="gridcell" className={css.text}>{device.pool.name}</div>
      <div role="gridcell" className={css.text} title={device.job?.name}>{device.job?.name ?? <span className={css.muted}>free</span>}</div>
    </div>
  );
});
