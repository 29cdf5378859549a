/**
 * Some numbers of some devices over the last hour, for as long as a chart shows them: begun with what
 * the server kept, gone on with by what it pushes. Nobody else's numbers are recorded.
 */
import type { HistoryMetric } from "../gql/graphql";
import type { Failure } from "../session/graph";
import { Signal } from "./signal";
import { HOLD_SECONDS, Track, TRACK_SECONDS } from "./track";

/** So long after a failure the same is asked for again, with the next tick. */
const AGAIN_SECONDS = 15;

/** What is pushed with every tick, of every device. */
export type LiveMetric = Extract<HistoryMetric, "UTILISATION_PERCENT" | "MEMORY_USED_BYTES" | "POWER_WATTS" | "TEMPERATURE_CELSIUS">;

export interface Kept {
  deviceId: string;
  metric: HistoryMetric;
  /** Second of the first bucket. */
  start: number;
  bucketSeconds: number;
  means: readonly (number | null)[];
}

/** What the server kept since then; what it says if it cannot tell. */
export type ReadKept = (deviceIds: readonly string[], metrics: readonly LiveMetric[], since: number, until: number) => Promise<{ kept: Kept[] } | { failure: Failure }>;

export class Recording {
  /** What the server kept has come, or could not be had. */
  readonly changed = new Signal();
  failure: Failure | null = null;
  isFilled = false;
  private readonly tracks = new Map<string, Track>();
  private newest: number | null = null;
  /** The stretch to ask for: from where nothing was heard to where something was. */
  private missing: { since: number; until: number } | null = null;
  private failedAt = 0;
  private isAsking = false;
  private isStopped = false;

  constructor(
    readonly deviceIds: readonly string[],
    readonly metrics: readonly LiveMetric[],
    private readonly read: ReadKept,
  ) {
    for (const id of deviceIds) for (const metric of metrics) this.tracks.set(`${id} ${metric}`, new Track());
  }

  track(deviceId: string, metric: LiveMetric): Track | undefined {
    return this.tracks.get(`${deviceId} ${metric}`);
  }

  /** One frame of the fleet; NaN where a device does not answer. */
  take(second: number, valueOf: (deviceId: string, metric: LiveMetric) => number): void {
    const last = this.newest;
    if (last !== null && second < last) return;
    for (const id of this.deviceIds) {
      for (const metric of this.metrics) this.track(id, metric)?.put(second, valueOf(id, metric));
    }
    this.newest = second;
    // The first frame of all, or of a connection or a page that was away for a while.
    if (last === null || second - last > HOLD_SECONDS) {
      const since = this.missing?.since ?? last ?? 0;
      this.missing = { since: Math.max(since, second - TRACK_SECONDS + 1), until: second };
      void this.ask();
    } else if (this.failure !== null && second - this.failedAt >= AGAIN_SECONDS) void this.ask();
  }

  readonly retry = (): void => void this.ask();

  /** Nobody looks any more: an answer that is under way is dropped. */
  stop(): void {
    this.isStopped = true;
  }

  restart(): void {
    this.isStopped = false;
    void this.ask();
  }

  private async ask(): Promise<void> {
    if (this.isAsking || this.missing === null) return;
    const { since, until } = this.missing;
    this.missing = null;
    this.isAsking = true;
    const answer = await this.read(this.deviceIds, this.metrics, since, until);
    this.isAsking = false;
    if (this.isStopped) {
      this.missing ??= { since, until };
      return;
    }
    if ("failure" in answer) {
      this.failure = answer.failure;
      this.failedAt = this.newest ?? 0;
      this.missing ??= { since, until };
      this.missing.since = Math.min(this.missing.since, since);
    } else {
      this.failure = null;
      this.isFilled = true;
      for (const one of answer.kept) this.tracks.get(`${one.deviceId} ${one.metric}`)?.fill(one.start, one.bucketSeconds, one.means);
      // What was missed meanwhile.
      void this.ask();
    }
    this.changed.bump();
  }
}
