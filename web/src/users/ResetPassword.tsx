/** A new password for somebody, after one more question: they are signed out everywhere. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { FirstPasswords } from "./FirstPasswords";
import type { UserInfo } from "./live";

const ResetPasswordDocument = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      kind: __typename
      ... on PasswordReset { user { name } password }
      ... on Refusal { message }
    }
  }
`);

export function ResetPassword({ user, isSelf, onClose }: { user: UserInfo; isSelf: boolean; onClose: () => void }) {
  const { send, outcome, isSending } = useMutation(ResetPasswordDocument, { hasCommand: false });
  if (outcome?.kind === "done") {
    return <FirstPasswords title={`New password of ${outcome.result.user.name}`} passwords={[{ name: outcome.result.user.name, password: outcome.result.password }]} onClose={onClose} />;
  }
  const reset = async () => {
    const done = await send({ user: user.id });
    if (done.kind === "done") announce(`${user.name} has a new password.`);
  };
  return (
    <Popup title={`New password for ${user.name}?`} role="alertdialog" onClose={onClose} actions={
      <>
        <Action autoFocus onPress={onClose}>Cancel</Action>
        <Action kind="primary" isDisabled={isSending} onPress={() => void reset()}>{isSending ? "Making it…" : "Make a new password"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="No new password was made" />
      <p><b>{isSelf ? "You are" : `${user.name} is`} signed out everywhere</b>, and the old password no longer works. The new one is shown once, to you.{isSelf && " Then this page leads to signing in."}</p>
    </Popup>
  );
}
