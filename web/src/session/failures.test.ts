import { expect, it } from "vitest";
import { FAILURES, readSignInSearch } from "./failures";

it("takes the server's words and ids, and nobody else's", () => {
  expect(readSignInSearch({ failed: "not-on-board", request: "0123456789abcdef" })).toMatchObject({ failed: "not-on-board", request: "0123456789abcdef" });
  for (const failed of ["Call 555-1234", "toString", "__proto__", "", 7, null]) expect(readSignInSearch({ failed }).failed).toBeUndefined();
  for (const request of ["call 555-1234", "0123456789ABCDEF", "0".repeat(17)]) expect(readSignInSearch({ request }).request).toBeUndefined();
});

it("has a sentence for each", () => {
  for (const sentence of Object.values(FAILURES)) expect(sentence).toMatch(/\.$/);
});
