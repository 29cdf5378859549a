/** End a session that was left open somewhere, or all of them, this one too. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { leaveSignedOut } from "../session/session";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { Session } from "./documents";

const EndSessionsDocument = graphql(`
  mutation EndSessions($input: EndSessionsInput!) {
    endSessions(input: $input) {
      kind: __typename
      ... on SessionsEnded { ids }
      ... on Refusal { message }
    }
  }
`);

const SignOutEverywhereDocument = graphql(`
  mutation SignOutEverywhere($input: SignOutEverywhereInput!) {
    signOutEverywhere(input: $input) {
      kind: __typename
      ... on SessionsEnded { ids }
      ... on Refusal { message }
    }
  }
`);

/** `session` null: all of them. */
export function EndSessions({ session, onClose }: { session: Session | null; onClose: () => void }) {
  const one = useMutation(EndSessionsDocument);
  const all = useMutation(SignOutEverywhereDocument);
  const { outcome, isSending } = session ? one : all;
  const confirm = async () => {
    const done = session ? await one.send({ sessions: [session.id] }) : await all.send({});
    if (done.kind !== "done") return;
    if (session === null) {
      leaveSignedOut();
      return;
    }
    announce("The session is ended.");
    onClose();
  };
  return (
    <Popup title={session ? "End this session?" : "Sign out everywhere?"} role="alertdialog" onClose={onClose} actions={
      <>
        <Action autoFocus onPress={onClose}>Cancel</Action>
        <Action kind="destructive" isDisabled={isSending} onPress={() => void confirm()}>{isSending ? "Ending…" : session ? "End session" : "Sign out everywhere"}</Action>
      </>
    }>
      <OutcomeBox outcome={outcome} not="Not ended" />
      {session
        ? <p>The browser at <b>{session.address ?? "an unknown address"}</b> is signed out, and what it shows stops within 2 seconds. If that was not you, have your password changed too.</p>
        : <p><b>Every browser is signed out, this one too.</b> Your API tokens go on; revoke them one by one.</p>}
    </Popup>
  );
}
