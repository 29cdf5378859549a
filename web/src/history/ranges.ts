/** Stretches of time in whole seconds: the ranges that can be chosen, and the arithmetic of zooming in them. */
export interface Stretch {
  from: number;
  to: number;
}

export const RANGE_NAMES = ["15m", "1h", "6h", "24h", "7d"] as const;
export type RangeName = (typeof RANGE_NAMES)[number];

export const RANGES: Record<RangeName, { words: string; seconds: number }> = {
  "15m": { words: "15 min", seconds: 900 },
  "1h": { words: "1 h", seconds: 3600 },
  "6h": { words: "6 h", seconds: 6 * 3600 },
  "24h": { words: "24 h", seconds: 86_400 },
  "7d": { words: "7 d", seconds: 7 * 86_400 },
};

/** What the database keeps; more is a Prometheus server's. */
const RECENT_SECONDS = 3600;

export const rangesOf = (hasPrometheus: boolean): RangeName[] =>
  RANGE_NAMES.filter((name) => hasPrometheus || RANGES[name].seconds <= RECENT_SECONDS);

/** Nothing shorter can be told apart. */
export const SHORTEST_SECONDS = 10;

export const lengthOf = ({ from, to }: Stretch): number => to - from;

/** Moved and cut so that it lies in the whole, and has at least the shortest length. */
export function within({ from, to }: Stretch, whole: Stretch): Stretch {
  const length = Math.min(lengthOf(whole), Math.max(SHORTEST_SECONDS, Math.round(to - from)));
  const begin = Math.round(Math.min(Math.max(from, whole.from), whole.to - length));
  return { from: begin, to: begin + length };
}

/** By `factor` about a moment, which stays where it is: 0.5 shows half as much. */
export function zoomed(shown: Stretch, factor: number, whole: Stretch, about = (shown.from + shown.to) / 2): Stretch {
  const length = Math.max(SHORTEST_SECONDS, lengthOf(shown) * factor);
  const share = (about - shown.from) / lengthOf(shown);
  const from = about - share * length;
  return within({ from, to: from + length }, whole);
}

/** By a part of its own length: -0.5 goes half a screen to the left. */
export function moved(shown: Stretch, part: number, whole: Stretch): Stretch {
  const by = part * lengthOf(shown);
  return within({ from: shown.from + by, to: shown.to + by }, whole);
}

const MINUTE = 60;
const HOUR = 3600;
const STEPS = [1, 2, 3, 5, 10, 15, 20, 30, MINUTE, 2 * MINUTE, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR];

/** The shortest length that a clock shows well, is not shorter than this, and is made of whole parts. */
export function evenStep(shortest: number, part = 1): number {
  return STEPS.find((step) => step >= shortest && step % part === 0) ?? Math.ceil(shortest / part) * part;
}

/** As many points as give buckets of an even length, one for each pixel at most. */
export const pointsFor = (shown: Stretch, pixels: number): number => Math.ceil(lengthOf(shown) / evenStep(lengthOf(shown) / pixels));

export const isWhole = (shown: Stretch, whole: Stretch): boolean => shown.from <= whole.from && shown.to >= whole.to;

/** The whole holds what is zoomed to, also where that is older than the range that was chosen. */
export function wholeOf(range: RangeName, now: number, zoom: Stretch | null): Stretch {
  const whole = { from: now - RANGES[range].seconds, to: now };
  return zoom === null ? whole : { from: Math.min(whole.from, zoom.from), to: Math.max(whole.to, zoom.to) };
}
