/** Back to local sign-in alone: who is signed out by it comes first. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { AuthenticationInfo } from "./Authentication";

const DeactivateAuthenticationDocument = graphql(`
  mutation DeactivateAuthentication($input: DeactivateAuthenticationInput!) {
    deactivateAuthentication(input: $input) {
      kind: __typename
      ... on Authentication { version }
      ... on Refusal { message }
    }
  }
`);

export function ToLocal({ now, onClose }: { now: AuthenticationInfo; onClose: () => void }) {
  const { send, outcome, isSending } = useMutation(DeactivateAuthenticationDocument, { hasCommand: false });
  const confirm = async () => {
    const sent = await send({ version: now.version });
    if (sent.kind !== "done") return;
    announce("People sign in locally alone now.");
    onClose();
  };
  return (
    <Popup title="Back to local sign-in?" role="alertdialog" onClose={onClose} actions={
      <>
        <Action autoFocus onPress={onClose}>Cancel</Action>
        <Action kind="destructive" isDisabled={isSending} onPress={() => void confirm()}>{isSending ? "Switching…" : "Back to local"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Nothing was changed" />
      <p>The backend's people are signed out at once and cannot sign in any more. They stay on board, and so do their jobs.</p>
      <p>What the backend was told is forgotten, its password too.</p>
    </Popup>
  );
}
