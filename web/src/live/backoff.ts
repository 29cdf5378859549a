/**
 * How long to wait before the next try: full jitter, so that hundreds of dashboards do not come back
 * in the same instant, under a low ceiling, so that a healed server is seen within seconds.
 */
const FIRST_MS = 500;
const CEILING_MS = 4000;
const FLOOR_MS = 200;

export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const window = Math.min(CEILING_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return FLOOR_MS + random() * (window - FLOOR_MS);
}
