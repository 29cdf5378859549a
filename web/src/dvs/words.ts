/** Where a target keeps what, how it fares, and what a check is at, in words. */
import type { DvsPart, DvsStep } from "../gql/graphql";
import { since } from "../ui/format";
import type { TargetInfo } from "./live";

type Source = TargetInfo["metadata"] | TargetInfo["storage"];

export const KIND_WORDS: Record<Source["kind"], string> = {
  Folder: "Folder",
  Nfs: "NFS",
  GitRepository: "Git",
  S3Bucket: "S3",
  GcsBucket: "Google Cloud Storage",
};

export const PART_WORDS: Record<DvsPart, string> = { METADATA: "metadata", STORAGE: "storage" };

/** "Git: https://…", "Folder: built in". */
export function placeOf(source: Source): string {
  switch (source.kind) {
    case "GitRepository": return source.url;
    case "S3Bucket": return `${source.bucket}${source.prefix && `/${source.prefix}`} at ${source.endpoint}`;
    case "GcsBucket": return `${source.bucket}${source.prefix && `/${source.prefix}`}`;
    case "Nfs": return source.path;
    case "Folder": return source.path || "built in";
  }
}

/** "ready, checked 3 min ago", "failing for 2 min at the storage: …". */
export function stateWords(target: TargetInfo, nowMs: number): string {
  if (target.state === "FAILING") {
    const began = target.failingSince == null ? "failing" : `failing for ${since(target.failingSince, nowMs)}`;
    const at = target.failedPart == null ? "" : ` at the ${PART_WORDS[target.failedPart]}`;
    return `${began}${at}: ${target.failure ?? "the last check failed."}`;
  }
  if (target.state === "NOT_CHECKED") return "not checked yet";
  return target.checkedAt == null ? "ready" : `ready, checked ${since(target.checkedAt, nowMs)} ago`;
}

const STEP_WORDS: Record<DvsPart, Partial<Record<DvsStep, string>>> = {
  METADATA: {
    ADDRESS: "Looking for the folder…",
    SIGN_IN: "Signing in and listing refs…",
    PUSH: "Pushing a ref of its own…",
    WRITE: "Writing a file…",
    READ: "Reading it back…",
    DELETE: "Deleting it again…",
  },
  STORAGE: {
    ADDRESS: "Looking for the folder…",
    WRITE: "Writing…",
    READ: "Reading it back…",
    DELETE: "Deleting it again…",
  },
};

/** What a check does at this moment. */
export const stepWords = (part: DvsPart, step: DvsStep | null | undefined): string => (step == null ? undefined : STEP_WORDS[part][step]) ?? "Connecting…";
