/** One device's place on the fixed 0-100 % ramp: temperature and power go by the device's own limits. */
import type { DeviceInfo } from "../live/documents";
import type { Fleet } from "../live/fleet";
import type { HeatMetric } from "./heatSearch";

export type HeatState = "free" | "idle" | "load" | "none";

export interface HeatValue {
  state: HeatState;
  /** Percent of the ramp; only with state "load". */
  percent: number;
}

const FREE = 0;
const IDLE = 1;
const COMPUTING = 2;
const OUT_OF_SERVICE = 4;
const NONE: HeatValue = { state: "none", percent: 0 };

export function heatValue(fleet: Fleet, device: DeviceInfo, metric: HeatMetric): HeatValue {
  const row = fleet.row(device.id);
  if (row === undefined) return NONE;
  const c = fleet.columns;
  if (c.isStale[row]) return NONE;
  const allocation = c.allocation[row];
  if (metric === "allocation") {
    if (allocation === FREE || allocation === OUT_OF_SERVICE) return { state: "free", percent: 0 };
    if (allocation === IDLE) return { state: "idle", percent: 0 };
    return allocation === COMPUTING ? { state: "load", percent: 70 } : NONE;
  }
  const percent = percentOf(c, row, device, metric);
  if (Number.isNaN(percent)) return NONE;
  if (metric === "used" && (allocation === FREE || allocation === OUT_OF_SERVICE)) return { state: "free", percent: 0 };
  if (metric === "used" && allocation === IDLE) return { state: "idle", percent: 0 };
  return { state: "load", percent };
}

function percentOf(c: Fleet["columns"], row: number, device: DeviceInfo, metric: HeatMetric): number {
  switch (metric) {
    case "memory":
      return (100 * c.memory[row]) / (device.memoryTotalBytes ?? Number.NaN);
    case "temperature":
      return (100 * c.temperature[row]) / (device.temperatureSlowdownCelsius ?? Number.NaN);
    case "power":
      return (100 * c.power[row]) / c.powerLimit[row];
    default:
      return c.utilisation[row];
  }
}

const STEPS = [5, 20, 40, 60, 80];

/** The ramp's step, 0 to 5. */
export function rampStep(percent: number): number {
  const step = STEPS.findIndex((limit) => percent < limit);
  return step === -1 ? STEPS.length : step;
}
