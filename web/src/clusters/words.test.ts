import { expect, test } from "vitest";
import type { ClusterInfo } from "./live";
import { capacityWords, certificateWords, isOld, jobsWords, latencyWords, stateWords } from "./words";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const cluster: ClusterInfo = {
  id: "1", name: "hpc", kind: "SLURM", url: "https://hpc.example.org", caCertificate: null, userName: "qm", version: 1,
  state: "CONNECTED", since: "2026-03-01T09:00:00Z", failedStep: null, failure: null,
  triedAt: "2026-03-01T11:59:55Z", contactedAt: "2026-03-01T11:59:55Z", runs: "Slurm 24.05.3, API v0.0.41", nodes: 5,
  capacity: [{ product: "NVIDIA H100", total: 16, free: 5 }, { product: "gpu", total: 2, free: 2 }],
  devicesTotal: 18, devicesFree: 7, jobsActive: 2, jobsWaiting: 1, jobsSent: 0, latencySeconds: 0.0312,
  certificateExpiresAt: null, certificateEndsSoon: false, history: [],
};
const away: ClusterInfo = { ...cluster, state: "UNREACHABLE", since: "2026-03-01T11:58:00Z", failedStep: "SIGN_IN" };

test("a state is said with its age and the step that failed", () => {
  expect(stateWords(cluster, NOW)).toBe("connected for 3 h");
  expect(stateWords(away, NOW)).toBe("unreachable for 2 min, at sign-in");
  const ending = { ...cluster, certificateExpiresAt: "2026-03-13T12:00:00Z", certificateEndsSoon: true };
  expect(stateWords(ending, NOW)).toBe("connected; certificate ends in 12 d");
});

test("what nobody has contacted for a while is said so, and old", () => {
  expect(stateWords(cluster, NOW + 300_000)).toBe("not contacted for 5 min: is the controller running?");
  expect([isOld(cluster, NOW), isOld(cluster, NOW + 300_000), isOld(away, NOW)]).toEqual([false, true, true]);
});

test("capacity is free of total by type, and what is not known is no zero", () => {
  expect(capacityWords(cluster)).toBe("5 of 16 H100, 2 of 2 gpu");
  expect(capacityWords({ ...cluster, capacity: [], devicesTotal: 0 })).toBe("no GPUs");
  expect(capacityWords({ ...cluster, capacity: [], devicesTotal: null })).toBe("n/a");
  expect(jobsWords(cluster)).toBe("2 + 1");
  expect(jobsWords({ ...cluster, jobsActive: null, jobsWaiting: null })).toBe("n/a");
  expect([latencyWords(0.0312), latencyWords(1.24), latencyWords(null)]).toEqual(["31 ms", "1.2 s", "n/a"]);
});

test("a certificate is said by when it ends", () => {
  expect(certificateWords("2026-03-13T12:00:00Z", NOW)).toBe("ends in 12 d");
  expect(certificateWords("2026-02-26T12:00:00Z", NOW)).toBe("ended 3 d ago");
});
