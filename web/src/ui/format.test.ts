import { expect, it } from "vitest";
import { celsius, count, duration, gib, ofBytes, percent, share, UNKNOWN, watts, when } from "./format";

it.each([count, percent, gib, celsius, watts, duration])("says n/a for what is not known, never 0", (format) => {
  for (const unknown of [null, undefined, Number.NaN]) expect(format(unknown)).toBe(UNKNOWN);
  expect(format(0)).toMatch(/^0/);
});

it.each([
  [41_000, "41 s"],
  [19 * 60_000, "19 min"],
  [380 * 60_000, "6 h 20"],
  [7_200_000, "2 h"],
  [292 * 3_600_000, "12 d 4 h"],
])("tells %i ms as %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

it("gives both sizes in the unit of the whole", () => {
  expect(ofBytes(42.2 * 1024 ** 4, 71.7 * 1024 ** 4)).toBe("42.2 / 71.7 TiB");
  expect(ofBytes(null, 80 * 1024 ** 3)).toBe("n/a / 80.0 GiB");
});

it("has no share of nothing", () => {
  expect(share(1, 0)).toBeNull();
});

it("gives the date of what is older than a day", () => {
  const now = Date.parse("2026-11-24T12:00:00Z");
  expect(when("2026-11-12T12:00:00Z", now)).toBe("12 Nov");
});
