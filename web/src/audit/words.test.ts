import { expect, it } from "vitest";
import { exportAddress, readAuditSearch } from "./search";
import { didWhat } from "./words";

it.each([
  ["pool.create", "pool", false, "created pool"],
  ["pool.create", "pool", true, "tried to create pool"],
  ["user.on_board", "group", false, "on-boarded users into group"],
  ["kettle.boil", "kettle", false, "kettle.boil kettle"],
])("says of %s of a %s, refused %s: %s", (action, kind, isRefused, words) => {
  expect(didWhat(action, kind, isRefused)).toBe(words);
});

it("exports what is listed", () => {
  const search = readAuditSearch({ action: ["pool.create", "pool.edit"], refused: "true", since: "2026-11-24", until: "soon", entry: "x" });
  expect(exportAddress(search)).toBe("/audit.jsonl?action=pool.create&action=pool.edit&refused=true&since=2026-11-24T00%3A00%3A00.000Z");
  expect(exportAddress({})).toBe("/audit.jsonl");
});
