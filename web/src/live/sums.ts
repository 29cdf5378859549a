/** Sums over a few rows of the fleet's columns, by the same words as the schema's Load. */
import type { Fleet } from "./fleet";

const CRITICAL = 2;
const WARNING = 1;
const FREE = 0;
const IDLE = 1;
const COMPUTING = 2;
const OUT_OF_SERVICE = 4;

export interface Sums {
  devices: number;
  allocated: number;
  computing: number;
  idle: number;
  free: number;
  /** Held by no job, and not offered to any. */
  outOfService: number;
  /** No fresh data. */
  unknown: number;
  critical: number;
  warning: number;
  /** Means and sums are over the devices that answer; null when none does. */
  utilisation: number | null;
  powerWatts: number | null;
  temperatureMax: number | null;
  memoryUsedBytes: number | null;
}

export function sum(fleet: Fleet, deviceIds: Iterable<string>): Sums {
  const { columns: c } = fleet;
  const sums: Sums = {
    devices: 0, allocated: 0, computing: 0, idle: 0, free: 0, outOfService: 0, unknown: 0, critical: 0, warning: 0,
    utilisation: null, powerWatts: null, temperatureMax: null, memoryUsedBytes: null,
  };
  let used = 0;
  let answering = 0;
  for (const id of deviceIds) {
    sums.devices++;
    const row = fleet.row(id);
    if (row === undefined) {
      sums.unknown++;
      continue;
    }
    if (c.allocation[row] === FREE) sums.free++;
    else if (c.allocation[row] === OUT_OF_SERVICE) sums.outOfService++;
    else sums.allocated++;
    if (c.health[row] === CRITICAL) sums.critical++;
    if (c.health[row] === WARNING) sums.warning++;
    if (c.isStale[row] || Number.isNaN(c.utilisation[row])) {
      sums.unknown++;
      continue;
    }
    if (c.allocation[row] === IDLE) sums.idle++;
    if (c.allocation[row] === COMPUTING) sums.computing++;
    answering++;
    used += c.utilisation[row];
    sums.powerWatts = plus(sums.powerWatts, c.power[row]);
    sums.memoryUsedBytes = plus(sums.memoryUsedBytes, c.memory[row]);
    if (!Number.isNaN(c.temperature[row])) sums.temperatureMax = Math.max(sums.temperatureMax ?? -273, c.temperature[row]);
  }
  if (answering > 0) sums.utilisation = used / answering;
  return sums;
}

/** Of what is held, how much computes and how much is idle; null where nothing is known of any of it. */
export function activity({ allocated, computing, idle }: { allocated: number; computing: number; idle: number }) {
  const isKnown = allocated === 0 || computing + idle > 0;
  return isKnown ? { computing, idle } : { computing: null, idle: null };
}

const plus = (total: number | null, value: number) => (Number.isNaN(value) ? total : (total ?? 0) + value);
