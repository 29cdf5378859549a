/** What is typed of a target's two sources, and what is sent of it. */
import type { DvsMetadataInput, DvsStorageInput } from "../gql/graphql";
import type { TargetInfo } from "./live";

export type MetadataKind = "folder" | "git";
export type StorageKind = "folder" | "nfs" | "s3" | "gcs";

export interface TargetFields {
  name: string;
  metadata: MetadataKind;
  metadataPath: string;
  url: string;
  userName: string;
  token: string;
  storage: StorageKind;
  storagePath: string;
  endpoint: string;
  region: string;
  bucket: string;
  prefix: string;
  accessKeyId: string;
  secretKey: string;
}

const EMPTY: TargetFields = {
  name: "", metadata: "folder", metadataPath: "", url: "", userName: "", token: "",
  storage: "folder", storagePath: "", endpoint: "", region: "", bucket: "", prefix: "", accessKeyId: "", secretKey: "",
};

const STORAGE_KINDS = { Folder: "folder", Nfs: "nfs", S3Bucket: "s3", GcsBucket: "gcs" } as const;

/** As it is kept; secrets never come back. */
export function fieldsOf(target: TargetInfo | undefined): TargetFields {
  if (target === undefined) return EMPTY;
  const { metadata, storage } = target;
  return {
    ...EMPTY,
    name: target.name,
    ...(metadata.kind === "GitRepository"
      ? { metadata: "git", url: metadata.url, userName: metadata.userName }
      : { metadata: "folder", metadataPath: metadata.path }),
    storage: STORAGE_KINDS[storage.kind],
    ...(storage.kind === "S3Bucket" && { endpoint: storage.endpoint, region: storage.region }),
    ...((storage.kind === "S3Bucket" || storage.kind === "GcsBucket") && { bucket: storage.bucket, prefix: storage.prefix, accessKeyId: storage.accessKeyId }),
    ...((storage.kind === "Folder" || storage.kind === "Nfs") && { storagePath: storage.path }),
  };
}

/** What is left empty has its default, or stays. */
export function metadataInput({ metadata, metadataPath, url, userName, token }: TargetFields): DvsMetadataInput {
  if (metadata === "folder") return { folder: { path: metadataPath } };
  return { git: { url, userName, token } };
}

export function storageInput({ storage, storagePath, endpoint, region, bucket, prefix, accessKeyId, secretKey }: TargetFields): DvsStorageInput {
  switch (storage) {
    case "folder": return { folder: { path: storagePath } };
    case "nfs": return { nfs: { path: storagePath } };
    case "s3": return { s3: { endpoint, region, bucket, prefix, accessKeyId, secretKey } };
    case "gcs": return { gcs: { bucket, prefix, accessKeyId, secretKey } };
  }
}
