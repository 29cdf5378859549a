import { expect, it } from "vitest";
import { safeNext } from "./next";

const HERE = "https://gpus.example";

it.each(["/", "/nodes", "/devices?health=CRITICAL&q=h100", "/nodes/h100-r04-03"])("goes on to %s", (next) => {
  expect(safeNext(next, HERE)).toBe(next);
});

it.each([
  "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "/\t/evil.example",
  "/\r\n/evil", "javascript:alert(1)", "nodes", "", "/sign-in", "/sign-in?next=/", "/.//evil.example", "/a/..//evil.example", "/%2e//evil.example", " /nodes", undefined, 7, ["/nodes"],
])("leads to the start instead of %j", (next) => {
  expect(safeNext(next, HERE)).toBe("/");
});
