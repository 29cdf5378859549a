import { expect, it } from "vitest";
import type { DeviceInfo, JobInfo } from "../live/documents";
import type { PoolInfo } from "../pools/usePools";
import { missingOf, sourcesFor } from "./help";

const H100 = { id: "H", name: "H100" };
const A100 = { id: "A", name: "A100" };
const poolOf = (name: string, ...deviceTypes: { id: string; name: string }[]): PoolInfo =>
  ({ id: name, name, isDefault: name === "Default", version: 1, deviceTypes, group: null }) as unknown as PoolInfo;
const gpus = (pool: string, node: string, n: number, type = H100, held = 0): DeviceInfo[] =>
  Array.from({ length: n }, (_, i) => ({ id: `${node}/${i}`, uuid: `GPU-${node}/${i}`, index: i, type, pool: { id: pool, name: pool }, node: { id: node, hostName: node }, job: i < held ? { id: "j" } : null }) as unknown as DeviceInfo);
const job = (id: string, pool: string | null, asked: number | null): JobInfo => ({ id, pool: pool && { id: pool }, requestedDevices: asked }) as unknown as JobInfo;

it("lets those that wait for longer have what is free first", () => {
  const queued = [job("a", "training", 8), job("b", "training", 8), job("c", "training", 4), job("d", null, 4), job("e", "training", null)];
  expect([...missingOf(queued, () => 10)]).toEqual([["a", 0], ["b", 6], ["c", 4], ["d", null], ["e", null]]);
});

it("proposes free devices of the pool's type, the Default pool's first, and none that somebody waits for", () => {
  const training = poolOf("training", H100);
  const pools = [poolOf("research", H100), training, poolOf("vision", A100), poolOf("busy", H100), poolOf("Default", H100, A100)];
  const devices = [...gpus("research", "n1", 8, H100, 2), ...gpus("Default", "n2", 4), ...gpus("Default", "n3", 8, A100), ...gpus("vision", "n4", 8, A100), ...gpus("busy", "n5", 8)];
  const found = sourcesFor(training, 5, pools, devices, (pool) => pool.name === "busy");
  expect(found.map(({ pool, free, uuids }) => [pool, free, uuids.length])).toEqual([["Default", 4, 4], ["research", 6, 5]]);
  expect(sourcesFor(training, 0, pools, devices, () => false)).toEqual([]);
});

it("takes any type into the Default pool, one type at a time", () => {
  const fallback = poolOf("Default", H100);
  const found = sourcesFor(fallback, 10, [poolOf("vision", A100), fallback], gpus("vision", "n4", 8, A100), () => false);
  expect(found.map(({ pool, uuids }) => [pool, uuids.length])).toEqual([["vision", 8]]);
});
