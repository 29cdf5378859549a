/**
 * What a History view shows, as columns of numbers in buckets of time. It begins with what the server
 * answered, and `goOn` adds what is pushed.
 */
import type { HistoryMetric, HistorySource } from "../gql/graphql";
import { HOLD_SECONDS } from "../live/track";
import { evenStep } from "./ranges";

export type Column = (number | null)[];

export interface Values {
  minimum: Column;
  mean: Column;
  maximum: Column;
  total: Column;
}

export interface Line {
  /** The id of the device, node or pool. */
  id: string;
  values: Map<HistoryMetric, Values>;
}

export interface History {
  /** Second at which the first bucket begins. */
  start: number;
  bucketSeconds: number;
  source: HistorySource;
  lines: Line[];
  /** The first second of which nothing was said yet. */
  coveredTo: number;
}

/** One tick of what a line stands for: over one device all are the same. */
export interface Tick {
  minimum: number;
  mean: number;
  maximum: number;
  total: number;
}

export const lengthIn = ({ lines }: History): number =>
  Math.max(0, ...lines.flatMap(({ values }) => [...values.values()].map(({ mean }) => mean.length)));

export function timesOf(history: History): number[] {
  return Array.from({ length: lengthIn(history) }, (_, i) => history.start + i * history.bucketSeconds);
}

/**
 * Adds one second. `tell` says null for what does not answer and undefined for what is not pushed at all.
 * False if so much is missing before it that the server has to be asked.
 */
export function goOn(history: History, second: number, tell: (line: Line, metric: HistoryMetric) => Tick | null | undefined): boolean {
  if (second < history.coveredTo) return true;
  if (second - history.coveredTo > HOLD_SECONDS) return false;
  for (const line of history.lines) {
    for (const [metric, values] of line.values) {
      const tick = tell(line, metric);
      if (tick === undefined) continue;
      for (let s = history.coveredTo; s <= second; s++) put(history, values, s, tick);
    }
  }
  history.coveredTo = second + 1;
  return true;
}

function put({ start, bucketSeconds }: History, values: Values, second: number, tick: Tick | null): void {
  const at = Math.floor((second - start) / bucketSeconds);
  // So many seconds of the bucket are in its mean already.
  const weight = second - (start + at * bucketSeconds);
  for (const name of ["minimum", "mean", "maximum", "total"] as const) {
    const column = values[name];
    while (column.length <= at) column.push(null);
    if (tick === null) continue;
    const old = weight === 0 ? null : column[at];
    column[at] = old === null ? tick[name]
      : name === "minimum" ? Math.min(old, tick.minimum)
      : name === "maximum" ? Math.max(old, tick.maximum)
      : (old * weight + tick[name]) / (weight + 1);
  }
}

/** Forgets what is before that second. */
export function forget(history: History, second: number): void {
  const n = Math.floor((second - history.start) / history.bucketSeconds);
  if (n <= 0) return;
  history.start += n * history.bucketSeconds;
  for (const { values } of history.lines) {
    for (const columns of values.values()) {
      for (const column of Object.values(columns) as Column[]) column.splice(0, n);
    }
  }
}

export function isEmpty({ lines }: History): boolean {
  return lines.every(({ values }) => [...values.values()].every(({ mean }) => mean.every((value) => value === null)));
}

/** The shown stretch in about `most` rows of an even length, the newest first, for a table. */
export function rowsOf(history: History, from: number, to: number, most: number): { from: number; to: number; first: number; last: number }[] {
  const { start, bucketSeconds } = history;
  const first = Math.max(0, Math.floor((from - start) / bucketSeconds));
  const last = Math.min(lengthIn(history), Math.ceil((to - start) / bucketSeconds));
  const length = evenStep(((last - first) / most) * bucketSeconds, bucketSeconds);
  const rows = [];
  for (let i = first; i < last;) {
    const time = start + i * bucketSeconds;
    // To the next time that is even: rows stay when time goes on.
    const even = (Math.floor(time / length) + 1) * length;
    const end = Math.min(last, i + Math.max(1, Math.round((even - time) / bucketSeconds)));
    rows.push({ from: time, to: start + end * bucketSeconds, first: i, last: end });
    i = end;
  }
  return rows.toReversed();
}

/** Over some buckets; null where none of them has a value. */
export function summed(values: Values, first: number, last: number): Tick | null {
  const known = (column: Column) => column.slice(first, last).filter((value) => value !== null);
  const mean = known(values.mean);
  if (mean.length === 0) return null;
  const least = known(values.minimum);
  const greatest = known(values.maximum);
  const totals = known(values.total);
  const meanOf = (list: number[]) => (list.length === 0 ? Number.NaN : list.reduce((sum, value) => sum + value, 0) / list.length);
  return {
    minimum: Math.min(...(least.length > 0 ? least : mean)),
    mean: meanOf(mean),
    maximum: Math.max(...(greatest.length > 0 ? greatest : mean)),
    total: meanOf(totals),
  };
}
