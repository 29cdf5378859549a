/** The order of devices by two keys, read from the typed arrays at one moment. Unknown comes last. */
import type { Fleet } from "../live/fleet";
import type { DeviceInfo } from "../live/documents";
import { listOf } from "../search";

export const SORT_FIELDS = ["node", "health", "used", "memory", "power", "temperature", "pool", "type", "group", "job"] as const;
export type SortField = (typeof SORT_FIELDS)[number];
export type SortKey = `${SortField}:asc` | `${SortField}:desc`;

/** Worst first, then by place. */
export const DEFAULT_SORT: SortKey[] = ["health:desc", "node:asc"];

export function readSort(value: unknown): SortKey[] | undefined {
  const keys = (listOf(value) ?? []).filter((text): text is SortKey => {
    const [field, direction, rest] = text.split(":");
    return rest === undefined && (direction === "asc" || direction === "desc") && SORT_FIELDS.includes(field as SortField);
  });
  return keys.length === 0 ? undefined : keys.slice(0, 2);
}

export function splitKey(key: SortKey): [field: SortField, isDescending: boolean] {
  const [field, direction] = key.split(":");
  return [field as SortField, direction === "desc"];
}

const FIRST_DIRECTION: Partial<Record<SortField, "desc">> = {
  health: "desc", used: "desc", memory: "desc", power: "desc", temperature: "desc",
};

/** Pressing a head makes it the first key; the former first one becomes the second. */
export function pressed(sort: readonly SortKey[], field: SortField): SortKey[] {
  const [first] = sort;
  const [firstField, isDescending] = splitKey(first);
  const rest = sort.filter((key) => splitKey(key)[0] !== field);
  if (firstField === field) return [`${field}:${isDescending ? "asc" : "desc"}`, ...rest].slice(0, 2) as SortKey[];
  return [`${field}:${FIRST_DIRECTION[field] ?? "asc"}`, ...rest].slice(0, 2) as SortKey[];
}

/** Healthy < warning < unknown < critical: what needs a person most is at the end. */
const SEVERITY = [0, 1, 3, 2];
const collator = new Intl.Collator("en", { numeric: true });

type Compare = (a: DeviceInfo, b: DeviceInfo) => number;

export function arrange(devices: Iterable<DeviceInfo>, fleet: Fleet, sort: readonly SortKey[]): string[] {
  const compares = [...sort.map((key) => compareBy(key, fleet)), byPlace];
  const sorted = [...devices].toSorted((a, b) => {
    for (const compare of compares) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return a.id < b.id ? -1 : 1;
  });
  return sorted.map((device) => device.id);
}

const byPlace: Compare = (a, b) => collator.compare(a.node.hostName, b.node.hostName) || a.index - b.index;

function compareBy(key: SortKey, fleet: Fleet): Compare {
  const [field, isDescending] = splitKey(key);
  const sign = isDescending ? -1 : 1;
  if (field === "node") return (a, b) => sign * byPlace(a, b);
  const number = numberOf(field, fleet);
  if (number !== null) {
    return (a, b) => {
      const [x, y] = [number(a), number(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return sign * (x - y);
    };
  }
  return (a, b) => {
    const [x, y] = [textOf(field, a), textOf(field, b)];
    if (x === "" || y === "") return Number(x === "") - Number(y === "");
    return sign * collator.compare(x, y);
  };
}

function numberOf(field: SortField, fleet: Fleet): ((device: DeviceInfo) => number) | null {
  const c = fleet.columns;
  const read = (column: ArrayLike<number>) => (device: DeviceInfo) => {
    const row = fleet.row(device.id);
    return row === undefined ? Number.NaN : column[row];
  };
  switch (field) {
    case "health":
      return (device) => SEVERITY[read(c.health)(device)] ?? Number.NaN;
    case "used":
      return read(c.utilisation);
    case "memory":
      return read(c.memory);
    case "power":
      return read(c.power);
    case "temperature":
      return read(c.temperature);
    default:
      return null;
  }
}

function textOf(field: SortField, device: DeviceInfo): string {
  switch (field) {
    case "pool":
      return device.pool.name;
    case "type":
      return device.type.name;
    case "group":
      return device.group?.name ?? "";
    default:
      return device.job?.name ?? "";
  }
}
