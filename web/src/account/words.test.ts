import { expect, test } from "vitest";
import { expiryWords, lifetime, lifetimes, normalDays, tidyCode } from "./words";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("a token's end is told from a week before, and when it has come", () => {
  expect(lifetime("2026-03-08T12:00:01Z", NOW)).toBe("living");
  expect(lifetime("2026-03-08T12:00:00Z", NOW)).toBe("soon");
  expect(lifetime("2026-03-01T12:00:00Z", NOW)).toBe("over");
  expect(expiryWords("2026-05-30T11:59:58Z", NOW)).toBe("in 90 d");
  expect(expiryWords("2026-03-02T12:00:00Z", NOW)).toBe("in 1 d");
  expect(expiryWords("2026-03-01T11:00:00Z", NOW)).toBe("expired");
});

test("no lifetime is offered that is longer than the longest", () => {
  expect(lifetimes(60).map((one) => one.id)).toEqual(["7", "30", "60"]);
  expect(lifetimes(1)).toEqual([{ id: "1", words: "1 day" }]);
  expect(normalDays(60)).toBe("60");
  expect(normalDays(365)).toBe("90");
});

test("a code reads the same however it is typed", () => {
  expect(tidyCode("bcdf ghjk")).toBe("BCDF-GHJK");
  expect(tidyCode("BCDF-GHJKL")).toBe("BCDF-GHJK");
  expect(tidyCode("bcd")).toBe("BCD");
});
