/** Which charts a view has: one for each number, and the sum of the power of several devices. */
import type { HistoryMetric } from "../gql/graphql";
import { METRICS, roundTop, topOf, type Limits } from "./metrics";
import type { Column, History, Line } from "./model";
import type { DrawnLine } from "./TimeChart";
import { toneOf } from "./tones";

export const USUAL: readonly HistoryMetric[] = ["UTILISATION_PERCENT", "MEMORY_USED_BYTES", "POWER_WATTS", "TEMPERATURE_CELSIUS"];

export interface ChartInfo {
  key: string;
  metric: HistoryMetric;
  title: string;
  unit: string;
  note?: string;
  divisor: number;
  digits: number;
  top: number;
  limit: number | null;
  isTotal: boolean;
  hasBand: boolean;
}

/** `isOfSeveral`: the view is of a node or a pool, whose devices differ within a second already. */
export function chartsOf(metrics: readonly HistoryMetric[], history: History, limits: Limits & { totalWatts: number | null }, isOfSeveral: boolean): ChartInfo[] {
  const isBanded = history.lines.length === 1 && (isOfSeveral || history.bucketSeconds > 1);
  return metrics.flatMap((metric): ChartInfo[] => {
    const { title, unit, divisor, digits } = METRICS[metric];
    const limit = metric === "TEMPERATURE_CELSIUS" ? limits.slowdownCelsius : null;
    const isOfDevices = isOfSeveral && !metric.startsWith("HOST_");
    const one: ChartInfo = {
      key: metric, metric, title, unit, divisor, digits, limit, isTotal: false, hasBand: isBanded,
      top: topOf(metric, limits) ?? roundTop(greatest(history, metric, "maximum") / divisor),
      ...(isOfDevices && { note: "each device" }),
    };
    if (metric !== "POWER_WATTS" || !isOfSeveral) return [one];
    const isLarge = (limits.totalWatts ?? 0) >= 10_000;
    const inKilowatts = isLarge ? { unit: "kW", divisor: 1000, digits: 1 } : {};
    const scale = isLarge ? 1000 : 1;
    const total: ChartInfo = {
      ...one, key: "TOTAL", note: "all together", isTotal: true, hasBand: false, ...inKilowatts,
      top: limits.totalWatts === null ? roundTop(greatest(history, metric, "total") / scale) : limits.totalWatts / scale,
    };
    return [one, total];
  });
}

function greatest({ lines }: History, metric: HistoryMetric, name: "maximum" | "total"): number {
  let most = 0;
  for (const { values } of lines) for (const value of values.get(metric)?.[name] ?? []) most = Math.max(most, value ?? 0);
  return most;
}

export function drawnOf({ metric, isTotal, hasBand }: ChartInfo, lines: readonly Line[], hidden: ReadonlySet<string>): DrawnLine[] {
  const none: Column = [];
  return lines.map(({ id, values }, i) => {
    const of = values.get(metric);
    return {
      tone: toneOf(i),
      mean: of === undefined ? none : isTotal ? of.total : of.mean,
      band: hasBand && of !== undefined ? { minimum: of.minimum, maximum: of.maximum } : null,
      isHidden: hidden.has(id),
    };
  });
}
