/**
 * A target, new or old: its two sources side by side. They are tried for real before anything is kept,
 * which is followed step by step; what fails is said at its source, and all that was typed stays.
 */
import { useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import { graphql } from "../gql";
import type { DvsPart } from "../gql/graphql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { fieldsOf, metadataInput, storageInput, type TargetFields } from "./fields";
import type { CheckInfo, TargetInfo } from "./live";
import { MetadataFields, StorageFields } from "./SourceFields";
import css from "./Targets.module.css";

const CreateDvsTargetDocument = graphql(`
  mutation CreateDvsTarget($input: CreateDvsTargetInput!) {
    createDvsTarget(input: $input) {
      kind: __typename
      ... on DvsTarget { id name uuid }
      ... on Refusal { message }
      ... on DvsTargetFailed { part step reason }
      ... on DvsSecretNeeded { part }
    }
  }
`);

const EditDvsTargetDocument = graphql(`
  mutation EditDvsTarget($input: EditDvsTargetInput!) {
    editDvsTarget(input: $input) {
      kind: __typename
      ... on DvsTarget { id name uuid }
      ... on Refusal { message }
      ... on DvsTargetFailed { part step reason }
      ... on DvsSecretNeeded { part }
      ... on StaleEdit { version ...StaleChanges }
    }
  }
`);

interface TargetFormProps {
  /** As it is now; undefined: a new one is made. */
  target?: TargetInfo | undefined;
  checks: readonly CheckInfo[];
  onSaved: (id: string) => void;
  onClose: () => void;
}

export function TargetForm({ target, checks, onSaved, onClose }: TargetFormProps) {
  const [version, setVersion] = useState(target?.version ?? 0);
  const [fields, setFields] = useState(() => fieldsOf(target));
  const [key] = useState(() => String(crypto.getRandomValues(new Uint32Array(2)).join("-")));
  const create = useMutation(CreateDvsTargetDocument, { hasCommand: false });
  const edit = useMutation(EditDvsTargetDocument, { hasCommand: false });
  const { isSending, outcome, forget } = target ? edit : create;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const change = (some: Partial<TargetFields>) => setFields((old) => ({ ...old, ...some }));
  const running = isSending ? checks.find((check) => check.key === key) : undefined;
  const failedAt = refusal?.kind === "DvsTargetFailed" || refusal?.kind === "DvsSecretNeeded" ? refusal : null;
  const partOf = (part: DvsPart) => ({
    fields,
    change,
    isKept: target !== undefined,
    failure: failedAt?.part === part ? failedAt : null,
    progress: isSending ? { step: part === "METADATA" ? running?.metadata : running?.storage, isDone: running?.done.includes(part) ?? false } : null,
  });

  const sources = { metadata: metadataInput(fields), storage: storageInput(fields) };
  const kept = fieldsOf(target);
  const isTried = target === undefined || JSON.stringify(sources) !== JSON.stringify({ metadata: metadataInput(kept), storage: storageInput(kept) });

  const save = async () => {
    if (isSending) return;
    const wishes = { name: fields.name, ...sources, check: key };
    const sent = target ? await edit.send({ id: target.id, version, ...(isTried ? wishes : { name: fields.name }) }) : await create.send(wishes);
    if (sent.kind !== "done") return;
    announce(target ? `${sent.result.name} is saved.` : `The target ${sent.result.name} works, and is made.`);
    onSaved(sent.result.id);
  };

  return (
    <Popup
      title={target ? `Edit target ${target.name}` : "Create DVS target"}
      size="broad"
      onClose={onClose}
      onSubmit={() => void save()}
      sum={<span className={css.muted}>{isSending ? "Both are tried now, for 10 s at most." : isTried ? "Both are tried for real first; a failed try changes nothing." : "Only the name is saved: nothing else is new."}</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending}>{isSending ? (isTried ? "Trying…" : "Saving…") : target === undefined ? "Try and create" : isTried ? "Try and save" : "Save"}</Action>
        </>
      }
    >
      <OutcomeBox
        outcome={outcome}
        not={target ? "Not saved" : "Not created"}
        details={refusal?.kind === "StaleEdit" && <><StaleChanges edit={refusal} /><p>What you typed is kept when you load the new state.</p></>}
        accepted={refusal?.kind === "StaleEdit" && <Action isSmall onPress={() => { setVersion(refusal.version); forget(); }}>Load the new state</Action>}
      />
      <TextEntry label="Name" value={fields.name} onChange={(name) => change({ name })} isRequired autoFocus maxLength={63} className={css.name}
        error={refusal?.kind === "NameTaken" || refusal?.kind === "BadName" ? refusal.message : undefined} />
      <div className={css.sides}>
        <MetadataFields {...partOf("METADATA")} />
        <StorageFields {...partOf("STORAGE")} />
      </div>
    </Popup>
  );
}
