import { expect, it } from "vitest";
import type { Connection } from "./connection";
import { judge } from "./freshness";
import { LiveStore } from "./store";
import { activity } from "./sums";

const OPEN = { state: "open", retryAt: null } as Connection;

const frame = (second: number, isStale: boolean[]) => ({
  time: new Date(second * 1000).toISOString(),
  sequence: second,
  isKeyFrame: true,
  deviceIds: isStale.map((_, i) => `device-${i}`),
  isStale,
  health: isStale.map(() => "OK" as const),
  allocation: isStale.map(() => "FREE" as const),
  utilisationPercent: isStale.map(() => null),
  memoryUsedBytes: isStale.map(() => null),
  temperatureCelsius: isStale.map(() => null),
  powerWatts: isStale.map(() => null),
  powerLimitWatts: isStale.map(() => null),
});

it("is stale while the server goes on and hears no node, and live with the first that is back", () => {
  let now = 0;
  const store = new LiveStore(() => now);
  const at = (second: number, isStale: boolean[]) => {
    now = second * 1000;
    store.takeFrame(frame(second, isStale));
    return judge(store, OPEN, now);
  };
  expect(at(100, [false, true]).kind).toBe("live");
  expect(at(104, [true, true])).toMatchObject({ kind: "stale", isSilent: true, lastDataTime: 100_000, ageSeconds: 4 });
  expect(at(105, [true, false])).toMatchObject({ kind: "live", isSilent: false });
});

it("is stale, not starting, where no node was heard from the beginning", () => {
  const store = new LiveStore(() => 100_000);
  store.takeFrame(frame(100, [true]));
  expect(judge(store, OPEN, 100_000)).toMatchObject({ kind: "stale", lastDataTime: null });
});

it("is live for a cluster without devices", () => {
  const store = new LiveStore(() => 100_000);
  store.takeFrame(frame(100, []));
  expect(judge(store, OPEN, 100_000).kind).toBe("live");
});

it("says how much computes only where something is known of what is held", () => {
  expect(activity({ allocated: 8, computing: 0, idle: 0 })).toEqual({ computing: null, idle: null });
  expect(activity({ allocated: 0, computing: 0, idle: 0 })).toEqual({ computing: 0, idle: 0 });
  expect(activity({ allocated: 8, computing: 0, idle: 1 })).toEqual({ computing: 0, idle: 1 });
});
