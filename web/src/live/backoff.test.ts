import { expect, it } from "vitest";
import { hintedDelayMs, retryDelayMs } from "./backoff";

it("spreads tries over the whole window, which grows to four seconds and no further", () => {
  for (let attempt = 0; attempt < 2000; attempt += 7) {
    expect(retryDelayMs(attempt, () => 0)).toBe(200);
    expect(retryDelayMs(attempt, () => 1)).toBe(Math.min(4000, 500 * 2 ** attempt));
  }
});

it.each([
  ["retry-after-ms=2350", 2350],
  ["retry-after-ms=0", 200],
  ["retry-after-ms=999999999", 60_000],
  ["retry-after-ms=-5", null],
  ["retry-after-ms=", null],
  ["Service restart", null],
  ["", null],
])("takes %o as a wish for %o ms", (reason, delay) => {
  expect(hintedDelayMs(reason)).toBe(delay);
});
