/** Name, URL, secret and levels of a webhook, new or old. A secret is typed or made, and never shown again. */
import { useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import { graphql } from "../gql";
import type { HealthLevel } from "../gql/graphql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Check } from "../ui/Check";
import { ChoiceEntry, TextEntry } from "../ui/Field";
import { CopyButton } from "../ui/Panel";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { WebhookInfo } from "./live";
import css from "./Webhooks.module.css";
import { LEVELS, newSecret } from "./words";

const CreateWebhookDocument = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) {
    createWebhook(input: $input) {
      kind: __typename
      ... on Webhook { id name }
      ... on Refusal { message }
    }
  }
`);

const EditWebhookDocument = graphql(`
  mutation EditWebhook($input: EditWebhookInput!) {
    editWebhook(input: $input) {
      kind: __typename
      ... on Webhook { id name }
      ... on Refusal { message }
      ... on StaleEdit { version ...StaleChanges }
    }
  }
`);

interface WebhookFormProps {
  /** As it is now; undefined: a new one is made. */
  webhook?: WebhookInfo | undefined;
  onSaved: (id: string) => void;
  onClose: () => void;
}

export function WebhookForm({ webhook, onSaved, onClose }: WebhookFormProps) {
  const [version, setVersion] = useState(webhook?.version ?? 0);
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [secret, setSecret] = useState("");
  const [level, setLevel] = useState<HealthLevel>(webhook?.minimumLevel ?? "WARNING");
  const [isEnabled, setEnabled] = useState(webhook?.isEnabled ?? true);
  const create = useMutation(CreateWebhookDocument);
  const edit = useMutation(EditWebhookDocument);
  const { isSending, outcome, forget } = webhook ? edit : create;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const wrong = (...kinds: string[]) => (refusal !== null && kinds.includes(refusal.kind) ? refusal.message : undefined);

  const save = async () => {
    if (isSending) return;
    const wishes = { name, url: url.trim(), minimumLevel: level, isEnabled };
    const typed = secret.trim();
    const sent = webhook
      ? await edit.send({ id: webhook.id, version, ...wishes, ...(typed !== "" && { secret: typed }) })
      : await create.send({ ...wishes, secret: typed });
    if (sent.kind !== "done") return;
    announce(webhook ? `${sent.result.name} is saved.` : `The webhook ${sent.result.name} is made.`);
    onSaved(sent.result.id);
  };

  return (
    <Popup
      title={webhook ? `Edit webhook ${webhook.name}` : "Create webhook"}
      onClose={onClose}
      onSubmit={() => void save()}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending}>{isSending ? "Saving…" : webhook ? "Save" : "Create webhook"}</Action>
        </>
      }
    >
      <OutcomeBox
        outcome={outcome}
        not={webhook ? "Not saved" : "Not created"}
        details={refusal?.kind === "StaleEdit" && <><StaleChanges edit={refusal} /><p>What you typed is kept when you load the new state.</p></>}
        accepted={refusal?.kind === "StaleEdit" && <Action isSmall onPress={() => { setVersion(refusal.version); forget(); }}>Load the new state</Action>}
      />
      <div className={css.fields}>
        <TextEntry label="Name" value={name} onChange={setName} isRequired autoFocus maxLength={63} error={wrong("NameTaken", "BadName")} />
        <TextEntry label="URL" value={url} onChange={setUrl} isRequired maxLength={2000} error={wrong("BadWebhookUrl")} hint="Changes of health are posted here, as Standard Webhooks describes." />
        <TextEntry label="Secret" value={secret} onChange={setSecret} isRequired={webhook === undefined} {...(webhook && { note: "kept unless you enter another" })}
          error={wrong("BadWebhookSecret", "SecretNeeded", "NoSecretKey")}
          hint="The receiver's, or a new one to enter there. It is not shown again." />
        <div className={css.make}>
          <Action isSmall onPress={() => setSecret(newSecret())}>Make a secret</Action>
          {secret !== "" && <CopyButton text={secret} what="secret" />}
        </div>
        <ChoiceEntry label="Tells of" value={level} onChange={setLevel} options={LEVELS} hint="When a level is reached, and when it is left." />
        <Check isSelected={isEnabled} onChange={setEnabled}>Enabled</Check>
      </div>
    </Popup>
  );
}
