/**
 * One number over the last hour: a place for each second of the server's time. A second has one value
 * however often it is told, so what the server kept and what is pushed meet without a double point.
 */
export const TRACK_SECONDS = 3600;

/** So long a value holds until the next is told: one more, and its node would be stale. */
export const HOLD_SECONDS = 3;

export class Track {
  /** NaN is a gap: not told, or told to be unknown. */
  private readonly values = new Float32Array(TRACK_SECONDS).fill(Number.NaN);
  /** The newest second that was told; null before the first. */
  newest: number | null = null;

  put(second: number, value: number): void {
    const last = this.newest;
    if (last !== null) {
      if (second < last) return;
      const isHeld = second - last <= HOLD_SECONDS;
      const between = isHeld ? this.at(last) : Number.NaN;
      for (let s = Math.max(last + 1, second - TRACK_SECONDS + 1); s < second; s++) this.set(s, between);
    }
    this.newest = second;
    this.set(second, value);
  }

  /** What the server kept, in buckets, into the gaps: what was pushed here stays, and is the newest. */
  fill(start: number, bucketSeconds: number, means: readonly (number | null)[]): void {
    const { newest } = this;
    if (newest === null) return;
    const oldest = newest - TRACK_SECONDS + 1;
    const end = start + means.length * bucketSeconds;
    for (let s = Math.max(start, oldest); s < Math.min(end, newest); s++) {
      const mean = means[Math.floor((s - start) / bucketSeconds)];
      if (mean !== null && Number.isNaN(this.at(s))) this.set(s, mean);
    }
    // The newest seconds of all, which the server leaves out until they are settled.
    for (let s = end; s < Math.min(end + HOLD_SECONDS, newest); s++) {
      if (Number.isNaN(this.at(s))) this.set(s, this.at(s - 1));
    }
  }

  at(second: number): number {
    const { newest } = this;
    const isKept = newest !== null && second <= newest && second > newest - TRACK_SECONDS;
    return isKept ? this.values[second % TRACK_SECONDS] : Number.NaN;
  }

  private set(second: number, value: number): void {
    this.values[second % TRACK_SECONDS] = value;
  }
}

export interface Binned {
  /** Seconds at which the bins begin: multiples of their length, so that they stay when time goes on. */
  times: number[];
  /** null in a bin of which most is not known. */
  mean: (number | null)[];
  least: (number | null)[];
  greatest: (number | null)[];
}

/** From `from` to `to` (that second too), each value divided by `divisor`. */
export function binned(track: Track, from: number, to: number, length: number, divisor = 1): Binned {
  const bins: Binned = { times: [], mean: [], least: [], greatest: [] };
  for (let start = Math.floor(from / length) * length; start <= to; start += length) {
    let [total, least, greatest, known, told] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
    for (let second = start; second < start + length && second <= to; second++) {
      const value = track.at(second);
      told++;
      if (Number.isNaN(value)) continue;
      known++;
      total += value;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    const isGap = known === 0 || known * 2 < told;
    bins.times.push(start);
    bins.mean.push(isGap ? null : total / known / divisor);
    bins.least.push(isGap ? null : least / divisor);
    bins.greatest.push(isGap ? null : greatest / divisor);
  }
  return bins;
}
