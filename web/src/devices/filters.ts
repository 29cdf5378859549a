/** Which devices a list shows, as the address says it, and the rule that decides for one device. */
import type { Allocation, HealthLevel } from "../gql/graphql";
import { ALLOCATION, HEALTH, type Fleet } from "../live/fleet";
import type { DeviceInfo } from "../live/documents";
import { listOf, listOfThese, textOf } from "../search";
import { readSort, type SortKey } from "./sorting";

/** Every way in which a device can be held by a job. */
export const HELD: Allocation[] = ["COMPUTING", "IDLE", "UNKNOWN"];

export interface DeviceFilters {
  /** Words of node, UUID, job, owner or type; all must match. */
  q?: string | undefined;
  pool?: string[] | undefined;
  group?: string[] | undefined;
  node?: string[] | undefined;
  type?: string[] | undefined;
  health?: HealthLevel[] | undefined;
  state?: Allocation[] | undefined;
}

export interface DeviceSearch extends DeviceFilters {
  sort?: SortKey[] | undefined;
  /** UUID of the device whose detail is open. */
  device?: string | undefined;
}

export function readDeviceSearch(search: Record<string, unknown>): DeviceSearch {
  return {
    q: textOf(search["q"]),
    pool: listOf(search["pool"]),
    group: listOf(search["group"]),
    node: listOf(search["node"]),
    type: listOf(search["type"]),
    health: listOfThese(search["health"], HEALTH),
    state: listOfThese(search["state"], ALLOCATION),
    sort: readSort(search["sort"]),
    device: textOf(search["device"]),
  };
}

export const FILTER_NAMES = ["pool", "group", "node", "type", "health", "state"] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

export const FILTER_WORDS: Record<FilterName, string> = {
  pool: "Pool",
  group: "Group",
  node: "Node",
  type: "Type",
  health: "Health",
  state: "State",
};

export const VALUE_WORDS: Record<string, string> = {
  OK: "OK",
  WARNING: "warning",
  CRITICAL: "critical",
  UNKNOWN: "unknown",
  FREE: "free",
  IDLE: "allocated, idle",
  COMPUTING: "computing",
  OUT_OF_SERVICE: "out of service",
};

export function matches(device: DeviceInfo, fleet: Fleet, filters: DeviceFilters): boolean {
  return FILTER_NAMES.every((name) => {
    const wanted: readonly string[] | undefined = filters[name];
    return wanted === undefined || wanted.includes(valueOf(device, fleet, name));
  }) && matchesWords(device, filters.q);
}

export function valueOf(device: DeviceInfo, fleet: Fleet, name: FilterName): string {
  const row = fleet.row(device.id);
  switch (name) {
    case "pool":
      return device.pool.name;
    case "group":
      return device.group?.name ?? "";
    case "node":
      return device.node.hostName;
    case "type":
      return device.type.name;
    case "health":
      return row === undefined ? device.health.level : HEALTH[fleet.columns.health[row]];
    case "state":
      return row === undefined ? "" : ALLOCATION[fleet.columns.allocation[row]];
  }
}

function matchesWords(device: DeviceInfo, q: string | undefined): boolean {
  if (q === undefined) return true;
  const text = `${device.node.hostName} ${device.uuid} ${device.job?.name ?? ""} ${device.job?.owner ?? ""} ${device.type.name}`.toLowerCase();
  return q.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function hasFilters(filters: DeviceFilters): boolean {
  return filters.q !== undefined || FILTER_NAMES.some((name) => filters[name] !== undefined);
}
