/** One device in the grid: its numbers change in place with every tick, its position does not. */
import type { DeviceInfo } from "../live/documents";
import { HEALTH } from "../live/fleet";
import { useFleet } from "../live/Live";
import { count, gib } from "../ui/format";
import { Cell } from "../ui/Grid";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Meter } from "../ui/Meter";
import css from "./DeviceGrid.module.css";

export function DeviceCells({ device }: { device: DeviceInfo }) {
  const fleet = useFleet();
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
    <>
      <Cell kind="name">{device.node.hostName} · {device.index}{device.migProfile && ` ${device.migProfile}`}</Cell>
      <Cell title={[reason?.title, device.cordon && `Out of service: ${device.cordon.reason}`].filter(Boolean).join("; ")}>
        <span className={css.health} data-level={level}>
          <Mark level={isStale && level !== "CRITICAL" ? "STALE" : level} />
          <span>{level === "OK" ? "OK" : (reason?.title.split(",")[0] ?? LEVEL_WORD[level])}</span>
          {device.cordon && <Mark level="OUT" label="Out of service" />}
        </span>
      </Cell>
      <Cell><span className={css.used}><Meter percent={used} /><span>{count(used)}</span></span></Cell>
      <Cell kind="number">{gib(read(c.memory))}</Cell>
      <Cell kind="number">{count(read(c.power))}</Cell>
      <Cell kind="number">{isHot ? <span className={css.hot}>{count(temperature)}</span> : count(temperature)}</Cell>
      <Cell>{device.pool.name}</Cell>
      <Cell title={device.job?.name ?? device.cordon?.reason}>{device.job?.name ?? <span className={css.free}>{device.cordon ? "out of service" : "free"}</span>}</Cell>
    </>
  );
}
