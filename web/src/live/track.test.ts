import { expect, it } from "vitest";
import { binned, HOLD_SECONDS, Track, TRACK_SECONDS } from "./track";

const read = (track: Track, from: number, to: number) => Array.from({ length: to - from }, (_, i) => track.at(from + i));
const NONE = Number.NaN;

it("holds a value until the next, for no longer than a node may be silent", () => {
  const track = new Track();
  track.put(100, 50);
  track.put(100 + HOLD_SECONDS, 60);
  track.put(110, 70);
  expect(read(track, 99, 112)).toEqual([NONE, 50, 50, 50, 60, NONE, NONE, NONE, NONE, NONE, NONE, 70, NONE]);
});

it("has one value a second: what is told twice or late is no second point", () => {
  const track = new Track();
  track.put(100, 50);
  track.put(100, 55);
  track.put(103, 60);
  track.put(101, 99);
  expect(read(track, 100, 104)).toEqual([55, 55, 55, 60]);
});

it("keeps a told gap", () => {
  const track = new Track();
  track.put(100, 50);
  track.put(101, NONE);
  track.put(102, NONE);
  track.put(103, 60);
  expect(read(track, 100, 104)).toEqual([50, NONE, NONE, 60]);
});

it("meets what the server kept without a jump: what was pushed stays, the unsettled seconds are held", () => {
  const track = new Track();
  track.put(1000, 9);
  track.put(1001, 10);
  track.fill(990, 1, [1, 2, 3, null, null, 6, 7, 8, 8]); // known to 998
  expect(read(track, 990, 1003)).toEqual([1, 2, 3, NONE, NONE, 6, 7, 8, 8, 8, 9, 10, NONE]);
  expect(track.newest).toBe(1001);
});

it("never lets an unfinished bucket of the server run ahead of what was pushed", () => {
  const track = new Track();
  track.put(1003, 9);
  track.fill(996, 12, [5]);
  expect(track.newest).toBe(1003);
  expect(read(track, 996, 1005)).toEqual([5, 5, 5, 5, 5, 5, 5, 9, NONE]);
});

it("fills the stretch that was missed, and leaves open what the server has no word of either", () => {
  const track = new Track();
  track.put(100, 1);
  track.put(120, 2);
  track.fill(100, 1, [1, 1, 1, 1, 1, null, null, null, null, null, null, null, null, null, null, 2, 2, 2, 2, 2]);
  expect(read(track, 103, 117)).toEqual([1, 1, ...Array(10).fill(NONE), 2, 2]);
});

it("forgets what is older than an hour", () => {
  const track = new Track();
  track.put(10, 1);
  track.put(10 + TRACK_SECONDS, 2);
  expect(track.at(10)).toBeNaN();
  expect(track.at(11)).toBeNaN();
  track.fill(0, 1, Array(20).fill(7));
  expect(read(track, 9, 12)).toEqual([NONE, NONE, 7]);
});

it("sums up in bins that stay where they are, and a gap stays a gap", () => {
  const track = new Track();
  [10, 20, 30, Number.NaN, Number.NaN, Number.NaN, 40].forEach((value, i) => track.put(99 + i, value));
  expect(binned(track, 99, 105, 3, 10)).toEqual({
    times: [99, 102, 105], mean: [2, null, 4], least: [1, null, 4], greatest: [3, null, 4],
  });
});
