/** Whether what is on the screen is live: decided by the age of the data, never by an open socket. */
import type { Connection } from "./connection";
import { Signal } from "./signal";
import type { LiveStore } from "./store";

/** Three missed ticks of a second. */
export const STALE_AFTER_MS = 3000;
const LOOK_EVERY_MS = 250;

export interface Freshness {
  /** Before the first data it is "starting"; a paused screen whose data stops is stale all the same. */
  kind: "starting" | "live" | "paused" | "stale";
  ageSeconds: number | null;
  /** Server time of the newest data, ms. */
  lastDataTime: number | null;
  /** Stale because the server hears no node, not because it is away. */
  isSilent: boolean;
  /** Until the next try; null while one is under way or none is needed. */
  retryInSeconds: number | null;
  pausedAt: number | null;
}

export function judge(store: LiveStore, connection: Connection, nowMs: number): Freshness {
  const ageMs = store.ageMs();
  const isOld = store.isSilent || (ageMs !== null && ageMs > STALE_AFTER_MS);
  const kind = isOld ? "stale" : ageMs === null ? "starting" : store.pausedAt === null ? "live" : "paused";
  return {
    kind,
    ageSeconds: ageMs === null ? null : Math.round(ageMs / 1000),
    isSilent: store.isSilent && connection.state === "open",
    lastDataTime: kind === "stale" ? store.lastDataTime : null,
    retryInSeconds:
      connection.retryAt === null ? null : Math.max(0, Math.ceil((connection.retryAt - nowMs) / 1000)),
    pausedAt: store.pausedAt,
  };
}

/** Looks at the age four times a second and speaks only when what people see would change. */
export class FreshnessMonitor {
  readonly changed = new Signal();
  current: Freshness;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly store: LiveStore,
    private readonly connection: Connection,
    private readonly now: () => number = Date.now,
  ) {
    this.current = judge(store, connection, now());
  }

  start(): () => void {
    const stops = [
      this.connection.changed.subscribe(this.look),
      this.store.pauseChanged.subscribe(this.look),
    ];
    this.timer = setInterval(this.look, LOOK_EVERY_MS);
    return () => {
      if (this.timer !== null) clearInterval(this.timer);
      stops.forEach((stop) => stop());
    };
  }

  readonly look = (): void => {
    const next = judge(this.store, this.connection, this.now());
    if (JSON.stringify(next) === JSON.stringify(this.current)) return;
    this.current = next;
    this.changed.bump();
  };
}
