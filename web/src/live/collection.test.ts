import { expect, it } from "vitest";
import { Collection } from "./collection";

interface Thing { id: string; n: number }
const thing = (id: string, n = 0): Thing => ({ id, n });
const part = (isComplete: boolean, ...changed: Thing[]) => ({ isSnapshot: true, isComplete, changed, removed: [] });
const change = (changed: Thing[], removed: string[] = []) => ({ isSnapshot: false, isComplete: true, changed, removed });

it("shows a snapshot when it is complete, and the old one until then", () => {
  const things = new Collection<Thing>();
  expect(things.apply(part(false, thing("a")))).toBe(false);
  expect([things.isLoaded, things.size]).toEqual([false, 0]);
  expect(things.apply(part(true, thing("b")))).toBe(true);
  expect([things.isLoaded, things.size]).toEqual([true, 2]);

  things.expectSnapshot();
  things.apply(part(false, thing("c")));
  expect([...things.values()].map((t) => t.id)).toEqual(["a", "b"]);
  things.apply(part(true));
  expect([...things.values()].map((t) => t.id)).toEqual(["c"]);
});

it("takes changes and removals in, also between the parts of a snapshot", () => {
  const things = new Collection<Thing>();
  things.apply(part(true, thing("a"), thing("b")));
  things.apply(change([thing("a", 1), thing("c")], ["b"]));
  expect([things.get("a")?.n, things.get("b"), things.size]).toEqual([1, undefined, 2]);

  things.expectSnapshot();
  things.apply(part(false, thing("a", 2)));
  things.apply(change([thing("a", 3)]));
  things.apply(part(true));
  expect(things.get("a")?.n).toBe(3);
});

it("takes a snapshot that comes unasked, after frames that were missed, in place of all", () => {
  const things = new Collection<Thing>();
  things.apply(part(true, thing("a"), thing("b")));
  things.apply(change([thing("c")]));
  things.apply(part(false, thing("b", 1)));
  things.apply(part(true, thing("d")));
  expect([...things.values()].map((t) => t.id)).toEqual(["b", "d"]);
});
