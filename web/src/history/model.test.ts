import { describe, expect, it } from "vitest";
import type { HistoryMetric } from "../gql/graphql";
import { forget, goOn, rowsOf, summed, timesOf, type Column, type History, type Tick } from "./model";

const USED: HistoryMetric = "UTILISATION_PERCENT";
const CLOCK: HistoryMetric = "SM_CLOCK_MHZ";
const of = (mean: Column) => ({ minimum: [...mean], mean: [...mean], maximum: [...mean], total: [...mean] });

/** Asked for at second 110: the newest two seconds are not in it. */
const history = (bucketSeconds: number, mean: Column, more: Partial<History> = {}): History => ({
  start: 100, bucketSeconds, source: "RECENT", coveredTo: 108,
  lines: [{ id: "a", values: new Map([[USED, of(mean)], [CLOCK, of(mean)]]) }], ...more,
});
const used = (one: History) => one.lines[0].values.get(USED)!;
const tick = (value: number): Tick => ({ minimum: value - 1, mean: value, maximum: value + 1, total: 2 * value });
const say = (one: History, second: number, value: number | null) =>
  goOn(one, second, (_, metric) => (metric === USED ? (value === null ? null : tick(value)) : undefined));

describe("going on", () => {
  it("puts one point after the other where buckets are seconds", () => {
    const one = history(1, [1, 1, 1, 1, 1, 1, 1, 1]);
    expect(say(one, 107, 9)).toBe(true); // is in it
    say(one, 108, 2);
    say(one, 108, 9); // told twice
    say(one, 109, 3);
    expect(used(one).mean.slice(6)).toEqual([1, 1, 2, 3]);
    expect(timesOf(one).at(-1)).toBe(109);
  });
  it("holds the seconds that the server left out, so that there is no gap at the seam", () => {
    const one = history(1, [1, 1, 1, 1, 1, 1, 1, 1]);
    say(one, 110, 4);
    expect(used(one).mean.slice(7)).toEqual([1, 4, 4, 4]);
  });
  it("goes on with the unfinished bucket by the seconds that are in it already", () => {
    const one = history(6, [1, 7]); // the second has 106 and 107
    say(one, 108, 10);
    say(one, 109, 10);
    say(one, 110, 10);
    say(one, 111, 10);
    expect(used(one).mean).toEqual([1, 9]);
    expect(used(one).minimum[1]).toBe(7);
    expect(used(one).maximum[1]).toBe(11);
    say(one, 112, 3);
    expect(used(one).mean).toEqual([1, 9, 3]);
  });
  it("leaves a gap where a device does not answer", () => {
    const one = history(1, [1, 1, 1, 1, 1, 1, 1, 1]);
    say(one, 108, null);
    say(one, 109, 5);
    expect(used(one).mean.slice(7)).toEqual([1, null, 5]);
  });
  it("has nothing to add to what is not pushed", () => {
    const one = history(1, [1, 1]);
    say(one, 108, 5);
    expect(one.lines[0].values.get(CLOCK)!.mean).toEqual([1, 1]);
  });
  it("tells when so much is missing that the server has to be asked", () => {
    const one = history(1, [1, 1, 1, 1, 1, 1, 1, 1]);
    expect(say(one, 130, 5)).toBe(false);
    expect(used(one).mean).toHaveLength(8);
  });
  it("forgets whole buckets that are out of sight", () => {
    const one = history(2, [1, 2, 3, 4]);
    forget(one, 105);
    expect(one.start).toBe(104);
    expect(used(one).mean).toEqual([3, 4]);
  });
});

describe("the table of it", () => {
  it("has few rows, the newest first, and a gap is none of zero", () => {
    const one = history(1, [1, 3, null, null, 5, 7, 9]);
    const rows = rowsOf(one, 100, 107, 4);
    expect(rows.map(({ from, to }) => [from, to])).toEqual([[106, 107], [104, 106], [102, 104], [100, 102]]);
    expect(rows.map(({ first, last }) => summed(used(one), first, last)?.mean ?? null)).toEqual([9, 6, null, 2]);
  });
});
