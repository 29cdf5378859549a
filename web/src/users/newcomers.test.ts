import { expect, it } from "vitest";
import { each, keyOf, newcomer, NOTHING_SET, sharedGroup, sharedRoles, toInput, willHappen, withRole, type Newcomer } from "./newcomers";

const one = (name: string, group: string | null, ...roles: Newcomer["roles"] extends ReadonlySet<infer R> ? R[] : never): [string, Newcomer] =>
  [name, { name, displayName: "", group, roles: new Set(roles), isAdded: false, subject: null }];
const people = new Map([one("ada", "g1", "DATA_SCIENTIST"), one("ben", "g1", "DATA_SCIENTIST", "ML_ENGINEER"), one("eve", null)]);
const nameOf = (id: string) => ({ g1: "Vision", g2: "Research" })[id] ?? id;

it("says who joins what and who has no role", () => {
  expect(willHappen(people, nameOf)).toEqual({ joins: "2 join Vision, 1 in no group yet", trouble: "1 person without a role sees only the own profile." });
  expect(willHappen(new Map([one("ada", "g2", "OPERATOR"), one("ben", "g1", "OPERATOR")]), nameOf)).toEqual({ joins: "1 joins Research, 1 Vision", trouble: "" });
});

it("knows what all and what only some have", () => {
  expect(sharedRoles(people)).toEqual({ all: new Set(), some: new Set(["DATA_SCIENTIST", "ML_ENGINEER"]) });
  expect(sharedGroup(people)).toBeUndefined();
  const same = each(people, (person) => ({ ...person, group: "g2", roles: withRole(person.roles, "OPERATOR", true) }));
  expect(sharedRoles(same).all).toEqual(new Set(["OPERATOR"]));
  expect(sharedGroup(same)).toBe("g2");
});

it("sends roles in their order", () => {
  expect(toInput(new Map([one("ada", null, "ML_ENGINEER", "OPERATOR")]))).toEqual([{ name: "ada", subject: null, displayName: null, group: null, roles: ["OPERATOR", "ML_ENGINEER"] }]);
});

it("sends a display name without the spaces around it, and none where there is nothing else", () => {
  const called = (displayName: string) => toInput(new Map([["ada", { ...newcomer("ada", true, NOTHING_SET), displayName }]]))[0].displayName;
  expect(called(" Ada Byron ")).toBe("Ada Byron");
  expect(called("  ")).toBeNull();
});

it("takes names as the same whatever case and spacing", () => {
  expect(keyOf("  Ada   Byron ")).toBe(keyOf("ada byron"));
});
