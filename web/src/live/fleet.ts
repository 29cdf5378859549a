/**
 * The live state of all devices in columns, one row per device for as long as the page lives. The
 * cost of a tick is that of copying numbers: no object per device is made.
 */
import type { Allocation, HealthLevel } from "../gql/graphql";
import type { LiveMetric, Recording } from "./recording";

export const HEALTH: readonly HealthLevel[] = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
export const ALLOCATION: readonly Allocation[] = ["FREE", "IDLE", "COMPUTING", "UNKNOWN", "OUT_OF_SERVICE"];

const HEALTH_CODE = new Map(HEALTH.map((level, code) => [level, code]));
const ALLOCATION_CODE = new Map(ALLOCATION.map((allocation, code) => [allocation, code]));
const UNKNOWN = 3;

/** One tick as it comes from `fleetTelemetry`. */
export interface Frame {
  time: string;
  sequence: number;
  isKeyFrame: boolean;
  deviceIds?: readonly string[] | null;
  isStale: readonly boolean[];
  health: readonly HealthLevel[];
  allocation: readonly Allocation[];
  utilisationPercent: readonly (number | null)[];
  memoryUsedBytes: readonly (number | null)[];
  temperatureCelsius: readonly (number | null)[];
  powerWatts: readonly (number | null)[];
  powerLimitWatts: readonly (number | null)[];
}

const COLUMN_OF = {
  UTILISATION_PERCENT: "utilisationPercent",
  MEMORY_USED_BYTES: "memoryUsedBytes",
  POWER_WATTS: "powerWatts",
  TEMPERATURE_CELSIUS: "temperatureCelsius",
} as const satisfies Record<LiveMetric, keyof Frame>;

class Columns {
  utilisation: Float32Array;
  memory: Float64Array;
  temperature: Float32Array;
  power: Float32Array;
  powerLimit: Float32Array;
  health: Uint8Array;
  allocation: Uint8Array;
  isStale: Uint8Array;

  constructor(capacity: number) {
    const floats = () => new Float32Array(capacity).fill(Number.NaN);
    this.utilisation = floats();
    this.temperature = floats();
    this.power = floats();
    this.powerLimit = floats();
    this.memory = new Float64Array(capacity).fill(Number.NaN);
    this.health = new Uint8Array(capacity).fill(UNKNOWN);
    this.allocation = new Uint8Array(capacity).fill(UNKNOWN);
    this.isStale = new Uint8Array(capacity).fill(1);
  }

  grown(capacity: number): Columns {
    const next = new Columns(capacity);
    for (const name of Object.keys(this) as (keyof Columns)[]) {
      if (name === "grown") continue;
      next[name].set(this[name] as never);
    }
    return next;
  }
}

export class Fleet {
  /** NaN is "the device does not say": shown as n/a, never as 0. */
  columns = new Columns(64);
  /** Server time of the frame that is shown, in ms; null before the first. */
  shownTime: number | null = null;
  private readonly rowOf = new Map<string, number>();
  private rowsOfFrame: number[] | null = null;
  /** Where a device stands in a frame, by its id. */
  private placeOf = new Map<string, number>();
  private capacity = 64;

  row(deviceId: string): number | undefined {
    return this.rowOf.get(deviceId);
  }

  /** A connection begins: its first frame names the rows. */
  expectKeyFrame(): void {
    this.rowsOfFrame = null;
  }

  /** Takes one frame in; false when its rows are not known (no key frame came before it). */
  show(frame: Frame): boolean {
    const rows = this.rowsOf(frame);
    if (rows === null) return false;
    const c = this.columns;
    c.isStale.fill(1);
    rows.forEach((row, i) => {
      c.isStale[row] = frame.isStale[i] ? 1 : 0;
      c.health[row] = HEALTH_CODE.get(frame.health[i]) ?? UNKNOWN;
      c.allocation[row] = ALLOCATION_CODE.get(frame.allocation[i]) ?? UNKNOWN;
      c.utilisation[row] = frame.utilisationPercent[i] ?? Number.NaN;
      c.memory[row] = frame.memoryUsedBytes[i] ?? Number.NaN;
      c.temperature[row] = frame.temperatureCelsius[i] ?? Number.NaN;
      c.power[row] = frame.powerWatts[i] ?? Number.NaN;
      c.powerLimit[row] = frame.powerLimitWatts[i] ?? Number.NaN;
    });
    this.shownTime = Date.parse(frame.time);
    return true;
  }

  /** Gives one frame to who records it, also while the screen is paused. A stale device has no value. */
  record(frame: Frame, recordings: Iterable<Recording>): void {
    if (this.rowsOf(frame) === null) return;
    const second = Math.floor(Date.parse(frame.time) / 1000);
    const valueOf = (deviceId: string, metric: LiveMetric): number => {
      const place = this.placeOf.get(deviceId);
      return place === undefined || frame.isStale[place] ? Number.NaN : (frame[COLUMN_OF[metric]][place] ?? Number.NaN);
    };
    for (const recording of recordings) recording.take(second, valueOf);
  }

  private rowsOf(frame: Frame): number[] | null {
    if (frame.deviceIds) {
      this.rowsOfFrame = frame.deviceIds.map((id) => this.claim(id));
      this.placeOf = new Map(frame.deviceIds.map((id, place) => [id, place]));
    }
    return this.rowsOfFrame?.length === frame.isStale.length ? this.rowsOfFrame : null;
  }

  private claim(id: string): number {
    let row = this.rowOf.get(id);
    if (row === undefined) {
      row = this.rowOf.size;
      this.rowOf.set(id, row);
      if (row >= this.capacity) {
        this.capacity *= 2;
        this.columns = this.columns.grown(this.capacity);
      }
    }
    return row;
  }
}
