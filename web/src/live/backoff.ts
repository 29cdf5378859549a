/**
 * How long to wait before the next try: full jitter, so that hundreds of dashboards do not come back
 * in the same instant, under a low ceiling, so that a healed server is seen within seconds.
 */
const FIRST_MS = 500;
const CEILING_MS = 4000;
const FLOOR_MS = 200;

/** No server is waited for longer, whatever it says. */
const LONGEST_HINT_MS = 60_000;

/** When a server that closed the socket wants this client back; null where it does not say. */
export function hintedDelayMs(reason: string): number | null {
  const said = /\bretry-after-ms=(\d{1,9})\b/.exec(reason)?.[1];
  return said === undefined ? null : Math.min(Math.max(Number(said), FLOOR_MS), LONGEST_HINT_MS);
}

export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const window = Math.min(CEILING_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return FLOOR_MS + random() * (window - FLOOR_MS);
}
