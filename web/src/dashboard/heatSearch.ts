/** What the heat map shows, as the address says it. */
import { oneOf } from "../search";

export const HEAT_METRICS = ["used", "memory", "temperature", "power", "allocation"] as const;
export type HeatMetric = (typeof HEAT_METRICS)[number];
export const HEAT_GROUPS = ["pool", "node", "type"] as const;
export type HeatGroup = (typeof HEAT_GROUPS)[number];

export interface HeatSearch {
  metric?: HeatMetric | undefined;
  by?: HeatGroup | undefined;
  view?: "table" | undefined;
}

export function readHeatSearch(search: Record<string, unknown>): HeatSearch {
  return {
    metric: oneOf(search["metric"], HEAT_METRICS),
    by: oneOf(search["by"], HEAT_GROUPS),
    view: oneOf(search["view"], ["table"] as const),
  };
}
