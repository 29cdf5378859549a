import { expect, test } from "vitest";
import { inFull, isEnforced, type EnforcementInfo } from "./words";

const of = (state: EnforcementInfo["state"], reason: string | null = null, objectName: string | null = null) => ({ state, reason, objectName });

test("nothing is said of a cluster where there is none", () => {
  expect(isEnforced([{ enforcement: of("NONE") }])).toBe(false);
  expect(isEnforced([])).toBe(false);
  expect(isEnforced([{ enforcement: of("NONE") }, { enforcement: of("APPLYING") }])).toBe(true);
});

test("a tip says the state, the name in the cluster and the reason, as far as they are known", () => {
  expect(inFull(of("IN_SYNC", null, "research-1f2e"))).toBe("In sync: research-1f2e");
  expect(inFull(of("DRIFTED", "kubectl changed it", "research-1f2e"))).toBe("Drifted: research-1f2e · kubectl changed it");
  expect(inFull(of("NOT_ENFORCEABLE", "too many devices"))).toBe("Not enforceable · too many devices");
});
