/** What remote clusters are and how they fare, in words. */
import type { ContactStep, RemoteClusterKind } from "../gql/graphql";
import { count, duration, shortType, since, UNKNOWN } from "../ui/format";
import type { ClusterInfo } from "./live";

export const KIND_WORDS: Record<RemoteClusterKind, string> = {
  KUBERNETES: "Kubernetes",
  SLURM: "Slurm",
  QUARTERMASTER: "Quartermaster",
};

export const STEP_WORDS: Record<ContactStep, string> = {
  SETTINGS: "settings",
  ADDRESS: "address",
  TLS: "TLS",
  SIGN_IN: "sign-in",
  RIGHTS: "rights",
  VERSION: "version",
  ANSWER: "answer",
};

/** Each is contacted every few seconds: after this long nobody has, and what is shown may be wrong. */
const UNWATCHED_MS = 120_000;

export const isUnwatched = (cluster: ClusterInfo, nowMs: number): boolean => nowMs - Date.parse(cluster.triedAt) > UNWATCHED_MS;

/** Its figures are of a while ago. */
export const isOld = (cluster: ClusterInfo, nowMs: number): boolean => cluster.state === "UNREACHABLE" || isUnwatched(cluster, nowMs);

/** "connected for 3 h", "unreachable for 2 min, at sign-in". */
export function stateWords(cluster: ClusterInfo, nowMs: number): string {
  const age = since(cluster.since, nowMs);
  if (isUnwatched(cluster, nowMs)) return `not contacted for ${since(cluster.triedAt, nowMs)}: is the controller running?`;
  if (cluster.state === "CONNECTED") {
    if (cluster.certificateEndsSoon && cluster.certificateExpiresAt != null) return `connected; certificate ${certificateWords(cluster.certificateExpiresAt, nowMs)}`;
    return `connected for ${age}`;
  }
  const step = cluster.failedStep == null ? "" : `, at ${STEP_WORDS[cluster.failedStep]}`;
  return `unreachable for ${age}${step}`;
}

/** NVIDIA's labels in Kubernetes have hyphens: "NVIDIA-H100-80GB-HBM3". */
export const typeWords = (product: string): string => shortType(product.replace(/^NVIDIA-/, "NVIDIA "));

/** "5 of 16 H100 80GB HBM3, 2 of 2 gpu". */
export function capacityWords(cluster: ClusterInfo): string {
  if (cluster.devicesTotal == null) return UNKNOWN;
  if (cluster.capacity.length === 0) return "no GPUs";
  return cluster.capacity.map(({ product, total, free }) => `${count(free)} of ${count(total)} ${typeWords(product)}`).join(", ");
}

export const jobsWords = (cluster: ClusterInfo): string =>
  cluster.jobsActive == null ? UNKNOWN : `${count(cluster.jobsActive)} + ${count(cluster.jobsWaiting)}`;

export const latencyWords = (seconds: number | null | undefined): string =>
  seconds == null ? UNKNOWN : seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;

/** "ends in 12 d", "ended 3 d ago". */
export function certificateWords(expiresAt: string, nowMs: number): string {
  const left = Date.parse(expiresAt) - nowMs;
  return left < 0 ? `ended ${duration(-left)} ago` : `ends in ${duration(left)}`;
}
