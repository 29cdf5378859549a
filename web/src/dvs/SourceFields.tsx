/** The fields of one of a target's sources, what its check is at, and why it failed. */
import type { ReactNode } from "react";
import type { DvsPart, DvsStep } from "../gql/graphql";
import { TextEntry } from "../ui/Field";
import { Mark } from "../ui/Mark";
import { Segments } from "../ui/Segments";
import type { MetadataKind, StorageKind, TargetFields } from "./fields";
import css from "./Targets.module.css";
import { stepWords } from "./words";

interface SourceProps {
  fields: TargetFields;
  change: (some: Partial<TargetFields>) => void;
  /** Its secret is kept already, and stays when left empty. */
  isKept: boolean;
  /** What was refused of this part. */
  failure: { kind: "DvsTargetFailed"; step: DvsStep; reason: string } | { kind: "DvsSecretNeeded"; message: string } | null;
  /** Null while nothing is tried. */
  progress: { step: DvsStep | null | undefined; isDone: boolean } | null;
}

const METADATA: readonly (readonly [MetadataKind, string])[] = [["folder", "Folder"], ["git", "Git"]];
const STORAGE: readonly (readonly [StorageKind, string])[] = [["folder", "Folder"], ["nfs", "NFS"], ["s3", "S3"], ["gcs", "Google Cloud"]];
const STAYS = "left empty, it stays";
const OWN_FOLDER = "Its full path on the cluster. Left empty: one that is built in.";

export function MetadataFields(props: SourceProps) {
  const { fields, change, isKept, failure } = props;
  const needed = failure?.kind === "DvsSecretNeeded" ? failure.message : undefined;
  const at = atStep(failure);
  return (
    <Part {...props} part="METADATA" title="Metadata" about="What there is in which version.">
      <Segments label="Kind of metadata source" options={METADATA} value={fields.metadata} onChange={(metadata) => change({ metadata })} />
      {fields.metadata === "folder" ? (
        <TextEntry label="Metadata folder" value={fields.metadataPath} onChange={(metadataPath) => change({ metadataPath })} hint={OWN_FOLDER} error={at("ADDRESS", "WRITE", "READ", "DELETE")} />
      ) : (
        <>
          <TextEntry label="Repository URL" value={fields.url} onChange={(url) => change({ url })} isRequired hint="As for cloning over HTTPS" error={at("ADDRESS")} />
          <TextEntry label="Access token" value={fields.token} onChange={(token) => change({ token })} isSecret isRequired={!isKept} {...(isKept && { note: STAYS })}
            hint="With the right to read and to push" error={at("SIGN_IN", "PUSH", "DELETE") ?? needed} />
          <TextEntry label="User name" note="most hosts take any" value={fields.userName} onChange={(userName) => change({ userName })} />
        </>
      )}
    </Part>
  );
}

export function StorageFields(props: SourceProps) {
  const { fields, change, isKept, failure } = props;
  const needed = failure?.kind === "DvsSecretNeeded" ? failure.message : undefined;
  const at = atStep(failure);
  const isBucket = fields.storage === "s3" || fields.storage === "gcs";
  return (
    <Part {...props} part="STORAGE" title="Storage" about="The data itself.">
      <Segments label="Kind of storage" options={STORAGE} value={fields.storage} onChange={(storage) => change({ storage })} />
      {!isBucket && (
        <TextEntry label="Storage folder" value={fields.storagePath} onChange={(storagePath) => change({ storagePath })} isRequired={fields.storage === "nfs"}
          hint={fields.storage === "nfs" ? "Its full path on a mount of type NFS" : OWN_FOLDER} error={at("ADDRESS", "WRITE", "READ", "DELETE")} />
      )}
      {fields.storage === "s3" && (
        <div className={css.pair}>
          <TextEntry label="Endpoint" value={fields.endpoint} onChange={(endpoint) => change({ endpoint })} isRequired hint="https://HOST" error={at("ADDRESS")} />
          <TextEntry label="Region" note="empty: us-east-1" value={fields.region} onChange={(region) => change({ region })} />
        </div>
      )}
      {isBucket && (
        <>
          <div className={css.pair}>
            <TextEntry label="Bucket" value={fields.bucket} onChange={(bucket) => change({ bucket })} isRequired error={at("BUCKET")} />
            <TextEntry label="Prefix" note="can be empty" value={fields.prefix} onChange={(prefix) => change({ prefix })} />
          </div>
          <TextEntry label="Access key id" value={fields.accessKeyId} onChange={(accessKeyId) => change({ accessKeyId })} isRequired
            {...(fields.storage === "gcs" && { hint: "Of an HMAC key: Cloud Storage, Settings, Interoperability" })} error={at("SIGN_IN", "WRITE", "READ", "DELETE")} />
          <TextEntry label="Secret key" value={fields.secretKey} onChange={(secretKey) => change({ secretKey })} isSecret isRequired={!isKept} {...(isKept && { note: STAYS })} error={needed} />
        </>
      )}
    </Part>
  );
}

function Part({ part, title, about, progress, children }: Pick<SourceProps, "progress"> & { part: DvsPart; title: string; about: string; children: ReactNode }) {
  return (
    <fieldset className={css.part}>
      <legend>{title} <span>{about}</span></legend>
      {children}
      <p className={css.progress} role="status" data-testid={`progress-${part}`}>
        {progress !== null && (progress.isDone ? <><Mark level="OK" /> It works.</> : stepWords(part, progress.step))}
      </p>
    </fieldset>
  );
}

/** The reason, at the field that the failed step is about. */
const atStep = (failure: SourceProps["failure"]) => (...steps: DvsStep[]): string | undefined =>
  failure?.kind === "DvsTargetFailed" && steps.includes(failure.step) ? failure.reason : undefined;
