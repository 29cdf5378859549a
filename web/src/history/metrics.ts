/** The numbers that history keeps: their words, and the fixed scale on which each is shown. */
import type { HistoryMetric } from "../gql/graphql";
import { count, UNKNOWN } from "../ui/format";

const GIB = 1024 ** 3;
const MB = 1e6;

export interface MetricWords {
  title: string;
  unit: string;
  /** Of the metric's own unit, in one of the unit that is shown. */
  divisor: number;
  digits: number;
  /** 0 to 100, always. */
  isPercent?: boolean;
}

const percentOf = (title: string): MetricWords => ({ title, unit: "%", divisor: 1, digits: 0, isPercent: true });
const rateOf = (title: string): MetricWords => ({ title, unit: "MB/s", divisor: MB, digits: 0 });
const clockOf = (title: string): MetricWords => ({ title, unit: "MHz", divisor: 1, digits: 0 });

export const METRICS: Record<HistoryMetric, MetricWords> = {
  UTILISATION_PERCENT: percentOf("Used"),
  MEMORY_USED_BYTES: { title: "Memory", unit: "GiB", divisor: GIB, digits: 1 },
  POWER_WATTS: { title: "Power", unit: "W", divisor: 1, digits: 0 },
  TEMPERATURE_CELSIUS: { title: "Temperature", unit: "°C", divisor: 1, digits: 0 },
  MEMORY_UTILISATION_PERCENT: percentOf("Memory busy"),
  MEMORY_TEMPERATURE_CELSIUS: { title: "Memory temperature", unit: "°C", divisor: 1, digits: 0 },
  SM_CLOCK_MHZ: clockOf("Clock"),
  MEMORY_CLOCK_MHZ: clockOf("Memory clock"),
  PCIE_TX_BYTES_PER_SECOND: rateOf("PCIe out"),
  PCIE_RX_BYTES_PER_SECOND: rateOf("PCIe in"),
  NVLINK_TX_BYTES_PER_SECOND: rateOf("NVLink out"),
  NVLINK_RX_BYTES_PER_SECOND: rateOf("NVLink in"),
  HOST_CPU_PERCENT: percentOf("Host CPU"),
  HOST_MEMORY_USED_BYTES: { title: "Host memory", unit: "GiB", divisor: GIB, digits: 1 },
};

export const METRIC_NAMES = Object.keys(METRICS) as HistoryMetric[];
export const isOfHost = (metric: HistoryMetric): boolean => metric.startsWith("HOST_");

/** What is known of the limits of the things shown; the largest, where they differ. */
export interface Limits {
  memoryBytes: number | null;
  powerWatts: number | null;
  hostMemoryBytes: number | null;
  slowdownCelsius: number | null;
}

/** The top of the scale in the shown unit: a limit of the thing, never of the data; null where none is known. */
export function topOf(metric: HistoryMetric, limits: Limits): number | null {
  const { isPercent, divisor } = METRICS[metric];
  if (isPercent) return 100;
  if (metric.endsWith("_CELSIUS")) return Math.max(100, limits.slowdownCelsius ?? 0);
  const top = { MEMORY_USED_BYTES: limits.memoryBytes, POWER_WATTS: limits.powerWatts, HOST_MEMORY_USED_BYTES: limits.hostMemoryBytes }[metric as string];
  return top == null ? null : top / divisor;
}

/** Where no limit is known: 1, 2 or 5 times a power of ten, at the greatest value or above. */
export function roundTop(greatest: number): number {
  if (!(greatest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(greatest));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= greatest) ?? 10 * power;
}

/** In the shown unit, without it. */
export function figure(value: number | null | undefined, digits: number): string {
  if (value == null || Number.isNaN(value)) return UNKNOWN;
  return digits === 0 || value >= 1000 ? count(value) : value.toFixed(digits);
}
