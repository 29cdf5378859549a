/** What is pushed of the things of a view: their devices' numbers of now, summed up as history is. */
import type { HistoryMetric } from "../gql/graphql";
import type { Fleet } from "../live/fleet";
import type { Tick } from "./model";

type Pushed = "utilisation" | "memory" | "power" | "temperature";

const COLUMN_OF: Partial<Record<HistoryMetric, Pushed>> = {
  UTILISATION_PERCENT: "utilisation",
  MEMORY_USED_BYTES: "memory",
  POWER_WATTS: "power",
  TEMPERATURE_CELSIUS: "temperature",
};

/** Null where no device answers; undefined for what comes with no tick. */
export function tickOf(fleet: Fleet, deviceIds: Iterable<string>, metric: HistoryMetric): Tick | null | undefined {
  const name = COLUMN_OF[metric];
  if (name === undefined) return undefined;
  const column = fleet.columns[name];
  let [minimum, maximum, total, known] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const id of deviceIds) {
    const row = fleet.row(id);
    if (row === undefined || fleet.columns.isStale[row] === 1 || Number.isNaN(column[row])) continue;
    minimum = Math.min(minimum, column[row]);
    maximum = Math.max(maximum, column[row]);
    total += column[row];
    known++;
  }
  return known === 0 ? null : { minimum, mean: total / known, maximum, total };
}
