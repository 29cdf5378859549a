/** Whose history is shown, of which numbers and when, as the address says it. */
import type { HistoryMetric } from "../gql/graphql";
import { listOf, listOfThese, oneOf, textOf } from "../search";
import { METRIC_NAMES } from "./metrics";
import { RANGE_NAMES, type RangeName } from "./ranges";

/** Lines in one chart that can still be told apart. */
export const MOST_COMPARED = 8;

export interface HistorySearch {
  /** UUIDs: one device, or several to be compared. */
  device?: string[] | undefined;
  /** Host name. */
  node?: string | undefined;
  pool?: string | undefined;
  range?: RangeName | undefined;
  metric?: HistoryMetric[] | undefined;
  /** What is zoomed to, in seconds since the epoch. */
  from?: number | undefined;
  to?: number | undefined;
  view?: "table" | undefined;
}

export function readHistorySearch(search: Record<string, unknown>): HistorySearch {
  const from = secondOf(search["from"]);
  const to = secondOf(search["to"]);
  return {
    device: listOf(search["device"])?.slice(0, MOST_COMPARED),
    node: textOf(search["node"]),
    pool: textOf(search["pool"]),
    range: oneOf(search["range"], RANGE_NAMES),
    metric: listOfThese(search["metric"], METRIC_NAMES),
    ...(from !== undefined && to !== undefined && from < to && { from, to }),
    view: oneOf(search["view"], ["table"] as const),
  };
}

function secondOf(value: unknown): number | undefined {
  const second = Number(value);
  return value !== undefined && Number.isSafeInteger(second) && second > 0 ? second : undefined;
}
