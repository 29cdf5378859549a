/** What is pushed of the things of a view: their numbers of now, summed up as history is. */
import type { HistoryMetric } from "../gql/graphql";
import type { Fleet } from "../live/fleet";
import { isDeviceDetail, isHostDetail, type Details } from "./details";
import type { Tick } from "./model";

type Pushed = "utilisation" | "memory" | "power" | "temperature";

const COLUMN_OF: Partial<Record<HistoryMetric, Pushed>> = {
  UTILISATION_PERCENT: "utilisation",
  MEMORY_USED_BYTES: "memory",
  POWER_WATTS: "power",
  TEMPERATURE_CELSIUS: "temperature",
};

/** Null where nothing answers; undefined for what is not pushed. */
export function tickOf(fleet: Fleet, details: Details | null, deviceIds: readonly string[], metric: HistoryMetric): Tick | null | undefined {
  const name = COLUMN_OF[metric];
  if (name !== undefined) return over(deviceIds.map((id) => valueOf(fleet, id, name)));
  if (details === null) return undefined;
  if (isHostDetail(metric)) return over(details.ofHosts(metric));
  if (isDeviceDetail(metric)) return over(deviceIds.map((id) => details.of(id, metric)));
  return undefined;
}

function valueOf(fleet: Fleet, id: string, name: Pushed): number | null {
  const row = fleet.row(id);
  if (row === undefined || fleet.columns.isStale[row] === 1) return null;
  const value = fleet.columns[name][row];
  return Number.isNaN(value) ? null : value;
}

function over(values: readonly (number | null)[]): Tick | null {
  let [minimum, maximum, total, known] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    if (value === null) continue;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    total += value;
    known++;
  }
  return known === 0 ? null : { minimum, mean: total / known, maximum, total };
}
