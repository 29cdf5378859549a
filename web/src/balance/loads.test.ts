import { expect, it } from "vitest";
import type { DeviceInfo, JobInfo } from "../live/documents";
import { Fleet } from "../live/fleet";
import { byNeed, linesOf } from "./loads";

const device = (id: string, node: string, held: boolean, group: string | null = "Vision"): DeviceInfo =>
  ({ id, index: 0, node: { id: node, hostName: node }, group: group && { id: group, name: group }, job: held ? { id: "j", name: "j" } : null, migParent: null }) as unknown as DeviceInfo;

function fleetOf(states: Record<string, "FREE" | "IDLE" | "COMPUTING">, stale: string[] = []): Fleet {
  const fleet = new Fleet();
  const ids = Object.keys(states);
  const numbers = ids.map(() => 0);
  fleet.show({
    time: "2026-01-01T00:00:00Z", sequence: 1, isKeyFrame: true, deviceIds: ids, isStale: ids.map((id) => stale.includes(id)),
    health: ids.map(() => "OK"), allocation: Object.values(states), utilisationPercent: numbers, memoryUsedBytes: numbers,
    temperatureCelsius: numbers, powerWatts: numbers, powerLimitWatts: numbers,
  });
  return fleet;
}

const waiting = (group: string, devices: number, submittedAt: string): JobInfo =>
  ({ state: "QUEUED", group: { id: group, name: group }, requestedDevices: devices, submittedAt }) as unknown as JobInfo;

it("sums a node: held without fresh data is allocated, neither computing nor idle; out of service is not free", () => {
  const devices = [device("a", "n1", true), device("b", "n1", true), device("c", "n1", true), device("d", "n1", false), { ...device("e", "n1", false), cordon: { reason: "fan" } } as DeviceInfo];
  const fleet = fleetOf({ a: "COMPUTING", b: "IDLE", c: "COMPUTING", d: "FREE" }, ["c"]);
  expect(linesOf("node", devices, [], fleet)).toEqual([
    { name: "n1", load: { devices: 5, allocated: 3, computing: 1, idle: 1, free: 1, outOfService: 1, waitingJobs: 0, waitingDevices: 0, waitingSince: null } },
  ]);
});

it("counts for a group who waits for it, and since when, also where it has no device", () => {
  const jobs = [waiting("Vision", 8, "2026-01-01T02:00:00Z"), waiting("Vision", 4, "2026-01-01T01:00:00Z"), waiting("New", 2, "2026-01-01T03:00:00Z")];
  const lines = linesOf("group", [device("a", "n1", false), device("b", "n2", false, null)], jobs, fleetOf({ a: "FREE", b: "FREE" })).toSorted(byNeed);
  expect(lines.map(({ name, load }) => [name, load.devices, load.waitingJobs, load.waitingDevices, load.waitingSince])).toEqual([
    ["Vision", 1, 2, 12, "2026-01-01T01:00:00Z"],
    ["New", 0, 1, 2, "2026-01-01T03:00:00Z"],
  ]);
});
