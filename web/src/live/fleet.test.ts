import { expect, it } from "vitest";
import { Fleet, type Frame } from "./fleet";
import { Recording } from "./recording";

const frame = (time: number, used: (number | null)[], more: Partial<Frame> = {}): Frame => ({
  time: new Date(time * 1000).toISOString(),
  sequence: time,
  isKeyFrame: false,
  deviceIds: null,
  isStale: used.map(() => false),
  health: used.map(() => "OK" as const),
  allocation: used.map(() => "FREE" as const),
  utilisationPercent: used,
  memoryUsedBytes: used.map(() => null),
  temperatureCelsius: used.map(() => null),
  powerWatts: used.map(() => null),
  powerLimitWatts: used.map(() => null),
  ...more,
});

it("matches the rows of a frame with those of the last key frame", () => {
  const fleet = new Fleet();
  expect(fleet.show(frame(1, [1, 2]))).toBe(false);
  expect(fleet.show(frame(2, [1, 2], { isKeyFrame: true, deviceIds: ["a", "b"] }))).toBe(true);
  expect(fleet.show(frame(3, [3, 4]))).toBe(true);
  expect(fleet.columns.utilisation[fleet.row("b")!]).toBe(4);

  fleet.show(frame(4, [9], { isKeyFrame: true, deviceIds: ["b"] }));
  expect(fleet.columns.utilisation[fleet.row("b")!]).toBe(9);
  expect(fleet.columns.isStale[fleet.row("a")!]).toBe(1);
});

it("refuses rows of an earlier connection", () => {
  const fleet = new Fleet();
  fleet.show(frame(1, [1], { deviceIds: ["a"] }));
  fleet.expectKeyFrame();
  expect(fleet.show(frame(2, [7]))).toBe(false);
  expect(fleet.columns.utilisation[fleet.row("a")!]).toBe(1);
});

it("keeps what a device does not say as unknown, never as zero", () => {
  const fleet = new Fleet();
  fleet.show(frame(1, [null], { deviceIds: ["a"] }));
  expect(fleet.columns.utilisation[0]).toBeNaN();
});

it("grows beyond its first rows without losing a number", () => {
  const fleet = new Fleet();
  const ids = Array.from({ length: 500 }, (_, i) => `d${i}`);
  fleet.show(frame(1, ids.map((_, i) => i % 100), { deviceIds: ids }));
  expect(ids.every((id, i) => fleet.columns.utilisation[fleet.row(id)!] === i % 100)).toBe(true);
});

it("gives a recording what its devices say, and nothing of one that is stale or is not there", () => {
  const fleet = new Fleet();
  const recording = new Recording(["b", "elsewhere"], ["UTILISATION_PERCENT"], () => Promise.resolve({ kept: [] }));
  const values = () => [100, 101, 102].map((second) => recording.track("b", "UTILISATION_PERCENT")!.at(second));
  fleet.record(frame(100, [1, 50], { deviceIds: ["a", "b"] }), [recording]);
  fleet.record(frame(101, [2, 60], { isStale: [false, true] }), [recording]);
  fleet.record(frame(102, [3, 70]), [recording]);
  expect(values()).toEqual([50, Number.NaN, 70]);
  expect(recording.track("elsewhere", "UTILISATION_PERCENT")!.at(102)).toBeNaN();
});
