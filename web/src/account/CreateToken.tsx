/** A new token: its name, what it may do and for how long; then its secret, this once. */
import { useState } from "react";
import { graphql } from "../gql";
import type { TokenScope } from "../gql/graphql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ChoiceEntry, TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import css from "./Account.module.css";
import { NewToken } from "./NewToken";
import { lifetimes, normalDays, SCOPES } from "./words";

const CreateTokenDocument = graphql(`
  mutation CreateToken($input: CreateTokenInput!) {
    createToken(input: $input) {
      kind: __typename
      ... on TokenCreated { secret token { name } }
      ... on Refusal { message }
    }
  }
`);

export function CreateToken({ mostDays, onClose }: { mostDays: number; onClose: () => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<TokenScope>("READ");
  const [days, setDays] = useState(normalDays(mostDays));
  const { send, outcome, isSending, again } = useMutation(CreateTokenDocument);
  if (outcome?.kind === "done") return <NewToken name={outcome.result.token.name} secret={outcome.result.secret ?? null} onClose={onClose} />;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const create = async () => {
    if (isSending) return;
    const done = await send({ name, scope, days: Number(days) });
    if (done.kind === "done") announce(`The token ${done.result.token.name} is made.`);
  };
  return (
    <Popup title="Create token" onClose={onClose} onSubmit={() => void create()} actions={
      <>
        <Action onPress={onClose}>Cancel</Action>
        <Action kind="primary" type="submit" isDisabled={isSending}>{isSending ? "Creating…" : "Create token"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Not created" onAgain={() => void again()} />
      <div className={css.fields}>
        <TextEntry label="Name" value={name} onChange={setName} isRequired autoFocus maxLength={63} hint="Of the program that will bear it: it stands in the audit log."
          error={refusal !== null && ["BadName", "NameTaken"].includes(refusal.kind) ? refusal.message : undefined} />
        <ChoiceEntry label="Scope" value={scope} onChange={setScope} options={SCOPES} hint="It never makes tokens or passwords, nor gives roles." />
        <ChoiceEntry label="Expires after" value={days} onChange={setDays} options={lifetimes(mostDays)} />
      </div>
    </Popup>
  );
}
