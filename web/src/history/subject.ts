/** Whose history is shown: its name, its devices as they are here, and the limits that its scales have. */
import type { DeviceInfo, NodeInfo } from "../live/documents";
import type { Fleet } from "../live/fleet";
import { gpu } from "../ui/format";
import type { Limits } from "./metrics";
import type { HistorySearch } from "./search";
import type { Whose } from "./useHistory";

export interface Part {
  /** The id of the device, node or pool that a line stands for. */
  id: string;
  name: string;
  deviceIds: readonly string[];
}

export interface Subject {
  whose: Whose;
  title: string;
  parts: Part[];
  devices: DeviceInfo[];
  /** UUIDs that are asked for and not here. */
  unknown: string[];
}

/** Null: nobody is named. A node or pool without devices is asked for all the same. */
export function subjectOf(search: HistorySearch, all: readonly DeviceInfo[]): Subject | null {
  if (search.node !== undefined) {
    const devices = all.filter((device) => device.node.hostName === search.node);
    return of("node", search.node, devices);
  }
  if (search.pool !== undefined) {
    const devices = all.filter((device) => device.pool.name === search.pool);
    return of("pool", search.pool, devices);
  }
  if (search.device === undefined) return null;
  const byUuid = new Map(all.map((device) => [device.uuid, device]));
  const devices = search.device.flatMap((uuid) => byUuid.get(uuid) ?? []);
  const parts = devices.map((device) => ({ id: device.id, name: nameOf(device), deviceIds: [device.id] }));
  return {
    whose: { kind: "devices", ids: devices.map((device) => device.id) },
    title: parts.length === 1 ? parts[0].name : `${parts.length} devices`,
    parts,
    devices,
    unknown: search.device.filter((uuid) => !byUuid.has(uuid)),
  };
}

function of(kind: "node" | "pool", name: string, devices: DeviceInfo[]): Subject {
  return { whose: { kind, name }, title: name, devices, unknown: [], parts: [{ id: name, name, deviceIds: devices.map((device) => device.id) }] };
}

export const nameOf = (device: DeviceInfo): string => `${device.node.hostName} · ${gpu(device)}`;

export function limitsOf({ whose, devices }: Subject, fleet: Fleet, nodes: Iterable<NodeInfo>): Limits & { totalWatts: number | null } {
  const watts = devices.map((device) => fleet.columns.powerLimit[fleet.row(device.id) ?? -1]).filter((limit) => limit > 0);
  const node = whose.kind === "node" ? [...nodes].find((one) => one.hostName === whose.name) : undefined;
  const most = (values: (number | null | undefined)[]) => {
    const said = values.filter((value) => value != null);
    return said.length === 0 ? null : Math.max(...said);
  };
  const slowdowns = devices.map((device) => device.temperatureSlowdownCelsius).filter((value) => value != null);
  return {
    memoryBytes: most(devices.map((device) => device.memoryTotalBytes)),
    powerWatts: most(watts),
    totalWatts: watts.length === 0 ? null : watts.reduce((sum, limit) => sum + limit, 0),
    hostMemoryBytes: node?.host?.memoryTotalBytes ?? null,
    // The first that would slow down.
    slowdownCelsius: slowdowns.length === 0 ? null : Math.min(...slowdowns),
  };
}
