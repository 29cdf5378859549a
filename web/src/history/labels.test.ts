import { expect, it } from "vitest";
import { isolated } from "./labels";

it("finds the values that no line goes through", () => {
  expect(isolated([1, null, 2, null, 3, 4, null, 5])).toEqual([0, 2, 7]);
  expect(isolated([null, null])).toEqual([]);
});
