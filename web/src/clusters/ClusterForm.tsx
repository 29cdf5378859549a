/**
 * What a remote cluster of each type needs. It is contacted for real before it is saved, and what fails
 * keeps all that was typed. A secret is typed or pasted, and never shown again.
 */
import { useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ChoiceEntry, TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { Segments } from "../ui/Segments";
import css from "./Clusters.module.css";
import { fieldsOf, KINDS, toLink, WAYS, type LinkFields } from "./link";
import type { ClusterInfo } from "./live";
import { KIND_WORDS, STEP_WORDS } from "./words";

const AddRemoteClusterDocument = graphql(`
  mutation AddRemoteCluster($input: AddRemoteClusterInput!) {
    addRemoteCluster(input: $input) {
      kind: __typename
      ... on RemoteCluster { id name }
      ... on Refusal { message }
      ... on ContactFailed { step reason mend }
    }
  }
`);

const EditRemoteClusterDocument = graphql(`
  mutation EditRemoteCluster($input: EditRemoteClusterInput!) {
    editRemoteCluster(input: $input) {
      kind: __typename
      ... on RemoteCluster { id name }
      ... on Refusal { message }
      ... on ContactFailed { step reason mend }
      ... on StaleEdit { version ...StaleChanges }
    }
  }
`);

interface ClusterFormProps {
  /** As it is now; undefined: a new one is added. */
  cluster?: ClusterInfo | undefined;
  onSaved: (name: string) => void;
  onClose: () => void;
}

export function ClusterForm({ cluster, onSaved, onClose }: ClusterFormProps) {
  const [version, setVersion] = useState(cluster?.version ?? 0);
  const [name, setName] = useState(cluster?.name ?? "");
  const [fields, setFields] = useState(() => fieldsOf(cluster));
  const add = useMutation(AddRemoteClusterDocument);
  const edit = useMutation(EditRemoteClusterDocument);
  const { isSending, outcome, forget } = cluster ? edit : add;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const wrong = (...kinds: string[]) => (refusal !== null && kinds.includes(refusal.kind) ? refusal.message : undefined);
  const failedAt = (...steps: string[]) => (refusal?.kind === "ContactFailed" && steps.includes(refusal.step) ? refusal.reason : undefined);
  const change = (some: Partial<LinkFields>) => setFields({ ...fields, ...some });

  const save = async () => {
    if (isSending) return;
    const link = toLink(fields);
    const sent = cluster ? await edit.send({ id: cluster.id, version, name, link }) : await add.send({ name, link });
    if (sent.kind !== "done") return;
    announce(cluster ? `${sent.result.name} answers, and is saved.` : `The cluster ${sent.result.name} answers, and is added.`);
    onSaved(sent.result.name);
  };

  const isPasted = fields.kind === "KUBERNETES" && fields.way === "kubeconfig";
  const kept = cluster && { note: "kept unless you enter another; needed for another URL or authority" };
  return (
    <Popup
      title={cluster ? `Edit remote cluster ${cluster.name}` : "Add a remote cluster"}
      size="middle"
      onClose={onClose}
      onSubmit={() => void save()}
      sum={<span className={css.old}>It is contacted for real first; a failed try changes nothing.</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending}>{isSending ? "Contacting…" : cluster ? "Save" : "Add cluster"}</Action>
        </>
      }
    >
      <OutcomeBox
        outcome={outcome}
        not={refusal?.kind === "ContactFailed" ? `Not ${cluster ? "saved" : "added"}: it failed at ${STEP_WORDS[refusal.step]}` : cluster ? "Not saved" : "Not added"}
        details={refusal?.kind === "StaleEdit" && <><StaleChanges edit={refusal} /><p>What you typed is kept when you load the new state.</p></>}
        accepted={refusal?.kind === "StaleEdit" && <Action isSmall onPress={() => { setVersion(refusal.version); forget(); }}>Load the new state</Action>}
      />
      <div className={css.fields}>
        <TextEntry label="Name" value={name} onChange={setName} isRequired autoFocus maxLength={63} error={wrong("NameTaken", "BadName")} />
        {cluster === undefined && <ChoiceEntry label="Type" value={fields.kind} onChange={(kind) => change({ kind })} options={KINDS.map((id) => ({ id, words: KIND_WORDS[id] }))} />}
        {fields.kind === "KUBERNETES" && <Segments label="Signs in by" options={WAYS} value={fields.way} onChange={(way) => change({ way })} />}
        {isPasted && (
          <TextEntry label="Kubeconfig" value={fields.kubeconfig} onChange={(kubeconfig) => change({ kubeconfig })} isRequired isLong error={wrong("BadCluster") ?? failedAt("SIGN_IN")}
            hint={<>As <code>kubectl config view --minify --flatten</code> writes it, with a token or a certificate. What runs commands or reads files is refused.</>} />
        )}
        {!isPasted && <TextEntry label="URL" value={fields.url} onChange={(url) => change({ url })} isRequired maxLength={2000} error={failedAt("ADDRESS", "VERSION")} hint={URL_HINTS[fields.kind]} />}
        {fields.kind === "SLURM" && <TextEntry label="User name" value={fields.userName} onChange={(userName) => change({ userName })} isRequired maxLength={120} hint="The Slurm user that the token is for" />}
        {!isPasted && (
          <>
            <TextEntry label="Token" value={fields.token} onChange={(token) => change({ token })} isSecret isRequired={cluster === undefined} {...kept}
              error={wrong("ClusterSecretsNeeded", "BadCluster") ?? failedAt("SIGN_IN", "RIGHTS")} hint={TOKEN_HINTS[fields.kind]} />
            <TextEntry label="Certificate of your own authority" note="PEM; empty: those that the system trusts" value={fields.caCertificate} onChange={(caCertificate) => change({ caCertificate })} isLong error={failedAt("TLS")} />
          </>
        )}
      </div>
    </Popup>
  );
}

const URL_HINTS = {
  KUBERNETES: "Of its API server: https://HOST:6443",
  SLURM: "Of slurmrestd: https://HOST:6820",
  QUARTERMASTER: "Where its dashboard is opened",
} as const;

const TOKEN_HINTS = {
  KUBERNETES: "Of a service account that may list nodes, pods, resource slices and resource claims",
  SLURM: "A JWT, as scontrol token makes it",
  QUARTERMASTER: "An API token of one of its operators, to read",
} as const;
