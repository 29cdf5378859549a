/** A set of devices as a bar: computing, held and idle, held and unknown, free; waiting beyond 100 %. */
import { percent } from "./format";
import css from "./Occupancy.module.css";

export interface Occupied {
  devices: number;
  computing: number;
  idle: number;
  allocated: number;
  outOfService?: number;
  waitingDevices?: number;
}

interface OccupancyProps {
  load: Occupied;
  /** Mean share of allocated devices over the cluster, percent. */
  mean?: number | null;
  /** Leaves room right of the 100 % mark for what waiting jobs ask for. */
  hasWaiting?: boolean;
}

export function Occupancy({ load, mean, hasWaiting }: OccupancyProps) {
  const of = (n: number) => `${load.devices === 0 ? 0 : (100 * n) / load.devices}%`;
  const unknown = Math.max(0, load.allocated - load.computing - load.idle);
  const waiting = load.waitingDevices ?? 0;
  const words = `${load.computing} computing, ${load.idle} idle, ${unknown} unknown of ${load.devices}${load.outOfService ? `, ${load.outOfService} out of service` : ""}`;
  return (
    <div className={hasWaiting ? css.withWaiting : css.alone}>
      <div className={css.bar} role="img" aria-label={waiting > 0 ? `${words}; ${waiting} more asked for` : words}>
        <i className={css.computing} style={{ width: of(load.computing) }} />
        <i className={css.idle} style={{ width: of(load.idle) }} />
        <i className={css.unknown} style={{ width: of(unknown) }} />
        {load.outOfService ? <i className={css.out} style={{ width: of(load.outOfService) }} /> : null}
        {mean != null && <b className={css.mean} style={{ left: `${mean}%` }} />}
      </div>
      {hasWaiting && waiting > 0 && (
        <i className={css.waiting} style={{ width: `${Math.min(40, (100 * waiting) / Math.max(1, load.devices))}%` }} />
      )}
    </div>
  );
}

interface LegendProps {
  hasUnknown?: boolean;
  hasWaiting?: boolean;
  hasOut?: boolean;
  mean?: number | null;
}

export function OccupancyLegend({ hasOut, hasUnknown, hasWaiting, mean }: LegendProps) {
  return (
    <span className={css.legend}>
      <span><i className={css.computingKey} /> computing</span>
      <span><i className={css.idleKey} /> {hasWaiting ? "idle" : "allocated, idle"}</span>
      <span><i className={css.freeKey} /> free</span>
      {hasOut && <span><i className={css.outKey} /> out of service</span>}
      {hasUnknown && <span><i className={css.unknownKey} /> unknown</span>}
      {hasWaiting && <span><i className={css.waitingKey} /> asked for by waiting jobs</span>}
      {mean !== undefined && <span><i className={css.meanKey} /> mean {percent(mean)}</span>}
    </span>
  );
}
