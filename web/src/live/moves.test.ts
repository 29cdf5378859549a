import { expect, it } from "vitest";
import { newcomers, wouldMove } from "./moves";

it.each([
  ["abc", "abc", 0],
  ["abc", "acb", 1],
  ["abcd", "dabc", 1],
  ["abc", "abcx", 1],
  ["abc", "ab", 1],
  ["abc", "cba", 2],
  ["", "abc", 3],
])("from %s to %s %i rows would move", (shown, fresh, moves) => {
  expect(wouldMove([...shown], [...fresh])).toBe(moves);
});

it("finds those that are not shown yet, in their order", () => {
  expect(newcomers([..."bd"], [..."abcde"])).toEqual([..."ace"]);
});
