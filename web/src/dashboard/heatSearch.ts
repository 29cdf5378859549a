/** What the heat map and the load beside it show, as the address says it. */
import { LOAD_BY, type LoadBy } from "../balance/loads";
import { oneOf } from "../search";

export const HEAT_METRICS = ["used", "memory", "temperature", "power", "allocation"] as const;
export type HeatMetric = (typeof HEAT_METRICS)[number];
export const HEAT_GROUPS = ["pool", "node", "type"] as const;
export type HeatGroup = (typeof HEAT_GROUPS)[number];

export interface HeatSearch {
  metric?: HeatMetric | undefined;
  by?: HeatGroup | undefined;
  view?: "table" | undefined;
  load?: LoadBy | undefined;
}

export function readHeatSearch(search: Record<string, unknown>): HeatSearch {
  return {
    metric: oneOf(search["metric"], HEAT_METRICS),
    by: oneOf(search["by"], HEAT_GROUPS),
    view: oneOf(search["view"], ["table"] as const),
    load: oneOf(search["load"], LOAD_BY),
  };
}
