/** Local sign-in on or off beside the active backend. Nobody locks everybody out: the server sees to it. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { AuthenticationInfo } from "./Authentication";

const SetLocalSignInDocument = graphql(`
  mutation SetLocalSignIn($input: SetLocalSignInInput!) {
    setLocalSignIn(input: $input) {
      kind: __typename
      ... on Authentication { isLocalAllowed }
      ... on Refusal { message }
    }
  }
`);

export function SwitchLocal({ now, onClose }: { now: AuthenticationInfo; onClose: () => void }) {
  const { send, outcome, isSending } = useMutation(SetLocalSignInDocument, { hasCommand: false });
  const isOff = !now.isLocalAllowed;
  const confirm = async () => {
    const sent = await send({ version: now.version, isAllowed: isOff });
    if (sent.kind !== "done") return;
    announce(`Local sign-in is ${isOff ? "on" : "off"}.`);
    onClose();
  };
  return (
    <Popup title={`Switch local sign-in ${isOff ? "on" : "off"}?`} role="alertdialog" onClose={onClose} actions={
      <>
        <Action autoFocus onPress={onClose}>Cancel</Action>
        <Action kind={isOff ? "primary" : "destructive"} isDisabled={isSending} onPress={() => void confirm()}>{isSending ? "Switching…" : `Switch ${isOff ? "on" : "off"}`}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Nothing was changed" />
      {isOff ? <p>Local users can sign in again with the passwords that are kept here.</p> : (
        <>
          <p>Local users are signed out at once, and only people of the backend can sign in.</p>
          <p>On the host, <code>quartermaster reset-password</code> switches it on again.</p>
        </>
      )}
    </Popup>
  );
}
