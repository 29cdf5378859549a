import { expect, test } from "vitest";
import type { TargetInfo } from "./live";
import { placeOf, stateWords, stepWords } from "./words";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const target: TargetInfo = {
  id: "1", uuid: "u", name: "models", isDefault: false, version: 1, state: "READY", failedPart: null, failedStep: null,
  failure: null, failingSince: null, checkedAt: "2026-03-01T11:57:00Z", createdAt: "2026-03-01T10:00:00Z", findings: [], usedBy: [],
  metadata: { kind: "GitRepository", url: "https://git.example.org/a.git", userName: "git" },
  storage: { kind: "S3Bucket", endpoint: "https://s3.example.org", region: "us-east-1", bucket: "models", prefix: "team", accessKeyId: "key" },
};

test("a state is said with since when, which part, and why", () => {
  expect(stateWords(target, NOW)).toBe("ready, checked 3 min ago");
  expect(stateWords({ ...target, state: "NOT_CHECKED", checkedAt: null }, NOW)).toBe("not checked yet");
  const failing: TargetInfo = { ...target, state: "FAILING", failedPart: "STORAGE", failure: "There is no such bucket.", failingSince: "2026-03-01T11:58:00Z" };
  expect(stateWords(failing, NOW)).toBe("failing for 2 min at the storage: There is no such bucket.");
});

test("a place is said as one would look for it", () => {
  expect(placeOf(target.metadata)).toBe("https://git.example.org/a.git");
  expect(placeOf(target.storage)).toBe("models/team at https://s3.example.org");
  expect(placeOf({ kind: "Folder", path: "" })).toBe("built in");
});

test("each step of a check has words, and none is connecting", () => {
  expect(stepWords("METADATA", "PUSH")).toBe("Pushing a ref of its own…");
  expect(stepWords("STORAGE", null)).toBe("Connecting…");
});
