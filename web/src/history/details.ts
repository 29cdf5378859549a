/**
 * What comes with no tick of the whole fleet, of the few things of a view: link rates, clocks, the memory's
 * own numbers, and those of hosts. Subscribed to for as long as a chart shows them.
 */
import type { FleetFilter, HistoryDetailsSubscription, HistoryMetric } from "../gql/graphql";
import { Signal } from "../live/signal";
import type { Subject } from "./subject";

export type DetailFrame = HistoryDetailsSubscription["fleetTelemetry"];

const COLUMN_OF = {
  MEMORY_UTILISATION_PERCENT: "memoryUtilisationPercent",
  MEMORY_TEMPERATURE_CELSIUS: "memoryTemperatureCelsius",
  SM_CLOCK_MHZ: "smClockMhz",
  MEMORY_CLOCK_MHZ: "memoryClockMhz",
  PCIE_TX_BYTES_PER_SECOND: "pcieTxBytesPerSecond",
  PCIE_RX_BYTES_PER_SECOND: "pcieRxBytesPerSecond",
  NVLINK_TX_BYTES_PER_SECOND: "nvlinkTxBytesPerSecond",
  NVLINK_RX_BYTES_PER_SECOND: "nvlinkRxBytesPerSecond",
} as const satisfies Partial<Record<HistoryMetric, keyof DetailFrame>>;

const HOST_COLUMN_OF = {
  HOST_CPU_PERCENT: "cpuPercent",
  HOST_MEMORY_USED_BYTES: "memoryUsedBytes",
} as const;

export type DeviceDetail = keyof typeof COLUMN_OF;
export type HostDetail = keyof typeof HOST_COLUMN_OF;

export const isDeviceDetail = (metric: HistoryMetric): metric is DeviceDetail => metric in COLUMN_OF;
export const isHostDetail = (metric: HistoryMetric): metric is HostDetail => metric in HOST_COLUMN_OF;

/** What to select; null where nothing is shown that comes with no tick anyway. */
export function wantedOf(metrics: readonly HistoryMetric[]): { links: boolean; clocks: boolean; memory: boolean; hosts: boolean } | null {
  const has = (part: string) => metrics.some((metric) => metric.includes(part));
  const wanted = {
    links: has("_BYTES_PER_SECOND"),
    clocks: has("_CLOCK_MHZ"),
    memory: metrics.includes("MEMORY_UTILISATION_PERCENT") || metrics.includes("MEMORY_TEMPERATURE_CELSIUS"),
    hosts: metrics.some(isHostDetail),
  };
  return Object.values(wanted).includes(true) ? wanted : null;
}

/** Null: there is no device, so nothing is pushed. */
export function filterOf({ whose, devices }: Subject): FleetFilter | null {
  if (devices.length === 0) return null;
  if (whose.kind === "node") return { nodes: [devices[0].node.id] };
  if (whose.kind === "pool") return { pools: [devices[0].pool.id] };
  return { devices: devices.map((device) => device.id) };
}

export class Details {
  readonly ticked = new Signal();
  /** Server time of the newest frame in ms; null before the first. */
  shownTime: number | null = null;
  private frame: DetailFrame | null = null;
  private places: ReadonlyMap<string, number> | null = null;

  /** A connection begins: its first frame names the rows. */
  readonly expectKeyFrame = (): void => { this.places = null; };

  show(frame: DetailFrame): void {
    if (frame.deviceIds) this.places = new Map(frame.deviceIds.map((id, place) => [id, place]));
    if (this.places?.size !== frame.isStale.length) return;
    this.frame = frame;
    this.shownTime = Date.parse(frame.time);
    this.ticked.bump();
  }

  /** Null where the device does not answer or has no such number. */
  of(deviceId: string, metric: DeviceDetail): number | null {
    const place = this.places?.get(deviceId);
    if (this.frame === null || place === undefined || this.frame.isStale[place]) return null;
    return this.frame[COLUMN_OF[metric]]?.[place] ?? null;
  }

  /** Of each host that is heard. */
  ofHosts(metric: HostDetail): (number | null)[] {
    const heard = (this.frame?.nodes ?? []).filter((node) => !node.isStale);
    return heard.map(({ host }) => host?.[HOST_COLUMN_OF[metric]] ?? null);
  }
}
