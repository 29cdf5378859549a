/**
 * The last quarter of an hour of every device, kept in the browser so that a chart is not empty when
 * a device is opened. Six bytes a device and second: 5.4 MB for 1,000 devices.
 */
export const HISTORY_SECONDS = 900;

export type Metric = "utilisation" | "memory" | "power" | "temperature";

type Column = Uint8Array | Uint16Array;

interface Encoding {
  /** Units per step. */
  step: number;
  none: number;
  make: (length: number) => Column;
}

const MIB = 1024 * 1024;

/** Steps finer than a chart's pixel: half a percent, 16 MiB, a tenth of a watt, a degree. */
const ENCODINGS: Record<Metric, Encoding> = {
  utilisation: { step: 0.5, none: 0xff, make: (n) => new Uint8Array(n) },
  temperature: { step: 1, none: 0xff, make: (n) => new Uint8Array(n) },
  power: { step: 0.1, none: 0xffff, make: (n) => new Uint16Array(n) },
  memory: { step: 16 * MIB, none: 0xffff, make: (n) => new Uint16Array(n) },
};

export const METRICS = Object.keys(ENCODINGS) as Metric[];

/** What a recorder reads: one value per row, NaN for unknown. */
export type Readings = Record<Metric, ArrayLike<number>>;

export interface Series {
  /** Seconds since the epoch, ascending. */
  times: number[];
  /** null where the device did not answer. */
  values: (number | null)[];
}

export class History {
  private readonly times = new Float64Array(HISTORY_SECONDS);
  private columns: Record<Metric, Column>;
  private head = 0;
  private length = 0;
  private rows: number;

  constructor(rows = 64) {
    this.rows = rows;
    this.columns = this.allocate(rows);
  }

  /** One tick of the fleet. A gap in time leaves one empty slot, which breaks the line of a chart. */
  record(timeMs: number, rowCount: number, readings: Readings): void {
    if (rowCount > this.rows) this.grow(rowCount);
    const last = this.lastTime();
    if (last !== null && timeMs / 1000 <= last) return;
    if (last !== null && timeMs / 1000 - last > 3) this.push(last + 1, 0, null);
    this.push(timeMs / 1000, rowCount, readings);
  }

  series(row: number, metric: Metric, seconds = HISTORY_SECONDS): Series {
    const times: number[] = [];
    const values: (number | null)[] = [];
    const { step, none } = ENCODINGS[metric];
    const column = this.columns[metric];
    const since = (this.lastTime() ?? 0) - seconds;
    for (let k = this.length; k > 0; k--) {
      const slot = (this.head - k + HISTORY_SECONDS) % HISTORY_SECONDS;
      if (this.times[slot] <= since) continue;
      const raw = row < this.rows ? column[row * HISTORY_SECONDS + slot] : none;
      times.push(this.times[slot]);
      values.push(raw === none ? null : raw * step);
    }
    return { times, values };
  }

  lastTime(): number | null {
    if (this.length === 0) return null;
    return this.times[(this.head - 1 + HISTORY_SECONDS) % HISTORY_SECONDS];
  }

  private push(timeSeconds: number, rowCount: number, readings: Readings | null): void {
    this.times[this.head] = timeSeconds;
    for (const metric of METRICS) {
      const { step, none } = ENCODINGS[metric];
      const column = this.columns[metric];
      for (let row = 0; row < this.rows; row++) {
        const value = readings !== null && row < rowCount ? readings[metric][row] : Number.NaN;
        const raw = Number.isNaN(value) ? none : Math.min(none - 1, Math.round(value / step));
        column[row * HISTORY_SECONDS + this.head] = raw;
      }
    }
    this.head = (this.head + 1) % HISTORY_SECONDS;
    this.length = Math.min(this.length + 1, HISTORY_SECONDS);
  }

  private grow(rowCount: number): void {
    const rows = Math.max(rowCount, this.rows * 2);
    const grown = this.allocate(rows);
    for (const metric of METRICS) grown[metric].set(this.columns[metric]);
    this.columns = grown;
    this.rows = rows;
  }

  private allocate(rows: number): Record<Metric, Column> {
    const column = (metric: Metric) => {
      const { make, none } = ENCODINGS[metric];
      return make(rows * HISTORY_SECONDS).fill(none) as Column;
    };
    return {
      utilisation: column("utilisation"),
      memory: column("memory"),
      power: column("power"),
      temperature: column("temperature"),
    };
  }
}
