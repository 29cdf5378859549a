import { expect, test } from "vitest";
import type { WebhookInfo } from "./live";
import { levelWords, newSecret, stateWords } from "./words";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const webhook: WebhookInfo = {
  id: "1", name: "pager", url: "https://hooks.example.org/", minimumLevel: "WARNING", isEnabled: true, version: 1,
  state: "NOTHING_YET", failure: null, failingSince: null, attempts: 0, attemptedAt: null, deliveredAt: null,
  nextAttemptAt: null, missed: 0,
};
const failing: WebhookInfo = {
  ...webhook, state: "FAILING", failure: "The host did not answer in time.", failingSince: "2026-03-01T11:58:00Z",
  nextAttemptAt: "2026-03-01T12:00:20Z",
};

test("a state is said with since when, why, and what comes next", () => {
  expect(stateWords(webhook, NOW)).toBe("nothing to tell yet");
  expect(stateWords({ ...webhook, isEnabled: false }, NOW)).toBe("off");
  expect(stateWords({ ...webhook, state: "DELIVERED", deliveredAt: "2026-03-01T11:57:00Z" }, NOW)).toBe("delivered 3 min ago");
  expect(stateWords(failing, NOW)).toBe("failing for 2 min: The host did not answer in time. Next try in 20 s.");
  expect(stateWords(failing, NOW + 60_000)).toBe("failing for 3 min: The host did not answer in time. Trying again now.");
});

test("one that failed and is off has no next try", () => {
  expect(stateWords({ ...failing, isEnabled: false }, NOW)).toBe("failing for 2 min: The host did not answer in time.");
});

test("a level that has words is said by them", () => {
  expect(levelWords("CRITICAL")).toBe("Critical only");
});

test("a new secret has 32 random bytes", () => {
  const [one, other] = [newSecret(), newSecret()];
  expect(one).not.toBe(other);
  expect(atob(one.replace(/^whsec_/, ""))).toHaveLength(32);
});
