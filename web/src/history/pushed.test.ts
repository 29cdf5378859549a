import { expect, it } from "vitest";
import { Fleet } from "../live/fleet";
import { Details, filterOf, wantedOf, type DetailFrame } from "./details";
import { tickOf } from "./pushed";
import type { Subject } from "./subject";

const frame = (more: Partial<DetailFrame>): DetailFrame => ({
  time: "2026-01-01T00:00:00Z", isKeyFrame: false, deviceIds: null, isStale: [false, false, false], ...more,
}) as DetailFrame;
const PCIE = "PCIE_TX_BYTES_PER_SECOND";
const CPU = "HOST_CPU_PERCENT";

it("sums up what the devices that answer say", () => {
  const details = new Details();
  details.show(frame({ deviceIds: ["a", "b", "c"], isStale: [false, false, true], pcieTxBytesPerSecond: [1, 3, 9] }));
  expect(tickOf(new Fleet(), details, ["a", "b", "c"], PCIE)).toEqual({ minimum: 1, mean: 2, maximum: 3, total: 4 });
  details.show(frame({ pcieTxBytesPerSecond: [5, null, 9] }));
  expect(tickOf(new Fleet(), details, ["a", "b", "c"], PCIE)?.total).toBe(14);
  expect(tickOf(new Fleet(), details, ["b"], PCIE)).toBeNull();
});

it("says of hosts what those say that are heard", () => {
  const details = new Details();
  const host = (cpuPercent: number) => ({ cpuPercent, memoryUsedBytes: 1 });
  details.show(frame({ deviceIds: ["a", "b", "c"], nodes: [{ id: "1", isStale: false, host: host(20) }, { id: "2", isStale: true, host: host(90) }] }));
  expect(tickOf(new Fleet(), details, ["a"], CPU)?.mean).toBe(20);
  details.show(frame({ nodes: [{ id: "1", isStale: true, host: host(20) }] }));
  expect(tickOf(new Fleet(), details, ["a"], CPU)).toBeNull();
});

it("knows what is not pushed from what does not answer", () => {
  expect(tickOf(new Fleet(), null, ["a"], PCIE)).toBeUndefined();
  expect(tickOf(new Fleet(), null, ["a"], "POWER_WATTS")).toBeNull();
});

it("takes no frame whose rows it does not know", () => {
  const details = new Details();
  details.show(frame({ pcieTxBytesPerSecond: [1, 2, 3] }));
  expect(details.shownTime).toBeNull();
  details.show(frame({ deviceIds: ["a", "b", "c"] }));
  details.expectKeyFrame();
  const before = details.ticked.snapshot();
  details.show(frame({ pcieTxBytesPerSecond: [1, 2, 3] }));
  expect(details.ticked.snapshot()).toBe(before);
});

it("asks for what is shown of whom, and for nothing that comes anyway", () => {
  expect(wantedOf(["POWER_WATTS", "TEMPERATURE_CELSIUS"])).toBeNull();
  expect(wantedOf(["POWER_WATTS", PCIE])).toEqual({ links: true, clocks: false, memory: false, hosts: false });
  expect(wantedOf(["MEMORY_CLOCK_MHZ", "HOST_MEMORY_USED_BYTES"])).toEqual({ links: false, clocks: true, memory: false, hosts: true });
  const devices = [{ id: "d", node: { id: "n" }, pool: { id: "p" } }];
  const of = (whose: unknown) => filterOf({ whose, devices } as Subject);
  expect(of({ kind: "node", name: "x" })).toEqual({ nodes: ["n"] });
  expect(of({ kind: "pool", name: "x" })).toEqual({ pools: ["p"] });
  expect(of({ kind: "devices" })).toEqual({ devices: ["d"] });
  expect(filterOf({ whose: { kind: "node", name: "x" }, devices: [] } as unknown as Subject)).toBeNull();
});
