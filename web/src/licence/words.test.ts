import { expect, test } from "vitest";
import type { LicenceInfo } from "./live";
import { deviceWords, validityWords } from "./words";

const licence: LicenceInfo = {
  edition: "Enterprise", state: "VALID", warnings: [], licenceId: "L-1", customer: "ACME", deviceLimit: 1200, devices: 1000,
  notBefore: "2026-01-01T00:00:00Z", expiresAt: "2027-12-24T12:00:00Z", daysLeft: 394, isOfThisCluster: false,
  enteredAt: "2026-01-01T00:00:00Z", enteredBy: "ada",
};

test("how long a licence is valid is said with its end and what is left", () => {
  expect(validityWords(licence)).toBe("until 24 December 2027, 394 days left");
  expect(validityWords({ ...licence, daysLeft: 2 })).toBe("until 24 December 2027, 2 days left");
  expect(validityWords({ ...licence, daysLeft: 1 })).toBe("until 24 December 2027, less than a day left");
  expect(validityWords({ ...licence, state: "EXPIRED", daysLeft: -3 })).toBe("ran out on 24 December 2027");
  expect(validityWords({ ...licence, expiresAt: null, daysLeft: null })).toBe("without an end");
});

test("devices stand beside their limit, where there is one", () => {
  expect(deviceWords(licence)).toBe("1,000 of 1,200");
  expect(deviceWords({ ...licence, deviceLimit: null })).toBe("1,000, no limit");
});
