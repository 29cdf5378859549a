import { expect, it } from "vitest";
import { retryDelayMs } from "./backoff";

it("spreads tries over the whole window, which grows to four seconds and no further", () => {
  for (let attempt = 0; attempt < 2000; attempt += 7) {
    expect(retryDelayMs(attempt, () => 0)).toBe(200);
    expect(retryDelayMs(attempt, () => 1)).toBe(Math.min(4000, 500 * 2 ** attempt));
  }
});
