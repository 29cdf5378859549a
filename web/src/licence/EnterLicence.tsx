/** Paste a licence. What is refused says why, keeps what was pasted, and leaves the licence that is there. */
import { useState } from "react";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import css from "./Licence.module.css";

const ReplaceLicenceDocument = graphql(`
  mutation ReplaceLicence($input: ReplaceLicenceInput!) {
    replaceLicence(input: $input) {
      kind: __typename
      ... on Licence { edition customer }
      ... on Refusal { message }
    }
  }
`);

export function EnterLicence({ clusterId, onClose }: { clusterId: string | null; onClose: () => void }) {
  const [token, setToken] = useState("");
  const { send, again, outcome, isSending } = useMutation(ReplaceLicenceDocument);
  const finish = (sent: Awaited<ReturnType<typeof send>>) => {
    if (sent.kind !== "done") return;
    announce(`The licence of ${sent.result.customer} is entered.`);
    onClose();
  };
  const submit = async () => {
    if (!isSending) finish(await send({ token }));
  };
  return (
    <Popup
      title="Enter a licence"
      size="middle"
      onClose={onClose}
      onSubmit={() => void submit()}
      sum={<span className={css.muted}>A licence takes the place of the one before it.</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || token.trim() === ""}>{isSending ? "Checking…" : "Enter licence"}</Action>
        </>
      }
    >
      <OutcomeBox outcome={outcome} not="Not entered: nothing was changed" onAgain={() => void again().then(finish)} />
      <TextEntry label="Licence" className={css.token} value={token} onChange={setToken} isLong isRequired autoFocus
        hint={<>The whole text that you were given. It is checked here, without a network.{clusterId !== null && <> This cluster's id is <code>{clusterId}</code>.</>}</>} />
    </Popup>
  );
}
