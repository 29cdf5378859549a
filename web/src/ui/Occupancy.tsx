/** A set of devices as a bar: computing, held and idle, held and unknown, free; waiting beyond 100 %. */
import css from "./Occupancy.module.css";

export interface Occupied {
  devices: number;
  computing: number;
  idle: number;
  allocated: number;
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
  const words = `${load.computing} computing, ${load.idle} idle, ${unknown} unknown of ${load.devices}`;
  return (
    <div className={hasWaiting ? css.withWaiting : css.alone}>
      <div className={css.bar} role="img" aria-label={waiting > 0 ? `${words}; ${waiting} more asked for` : words}>
        <i className={css.computing} style={{ width: of(load.computing) }} />
        <i className={css.idle} style={{ width: of(load.idle) }} />
        <i className={css.unknown} style={{ width: of(unknown) }} />
        {mean != null && <b className={css.mean} style={{ left: `${mean}%` }} />}
      </div>
      {hasWaiting && waiting > 0 && (
        <i className={css.waiting} style={{ width: `${Math.min(40, (100 * waiting) / Math.max(1, load.devices))}%` }} />
      )}
    </div>
  );
}
