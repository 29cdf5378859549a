import { expect, it } from "vitest";
import { isolated, places } from "./labels";

it("finds the values that no line goes through", () => {
  expect(isolated([1, null, 2, null, 3, 4, null, 5])).toEqual([0, 2, 7]);
  expect(isolated([null, null])).toEqual([]);
});

it("puts words to the right of their place, else to the left, else nowhere", () => {
  const wants = [{ at: 50, width: 30 }, { at: 90, width: 30 }, { at: 55, width: 30 }, { at: 84, width: 5 }];
  expect(places(wants, 0, 100, 4)).toEqual([50, null, null, 84]);
  expect(places([{ at: 95, width: 30 }, { at: 60, width: 30 }], 0, 100, 4)).toEqual([65, 30]);
});
