/**
 * A terminal asks for a token. What it says of itself anybody could say, so the page says what is known:
 * the address, the scope, and whose token it would be; and that nobody types a code for somebody else.
 */
import { useState, type FormEvent } from "react";
import { useClient } from "urql";
import { graphql } from "../gql";
import type { WaitingDeviceQuery } from "../gql/graphql";
import { useLive } from "../live/Live";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { TextEntry } from "../ui/Field";
import { Mark } from "../ui/Mark";
import { Panel } from "../ui/Panel";
import { OutcomeBox, RefusalBox } from "../ui/RefusalBox";
import { Screen } from "../ui/Screen";
import css from "./Account.module.css";
import { SCOPE_WORDS, tidyCode } from "./words";

const WaitingDeviceDocument = graphql(`
  query WaitingDevice($userCode: String!) {
    waitingDevice(userCode: $userCode) {
      kind: __typename
      ... on WaitingDevice { userCode scope hostName address }
      ... on Refusal { message }
    }
  }
`);

const AnswerDeviceDocument = graphql(`
  mutation AnswerDevice($input: AnswerDeviceInput!) {
    answerDevice(input: $input) {
      kind: __typename
      ... on DeviceAnswered { isAllowed }
      ... on Refusal { message }
    }
  }
`);

type Waiting = Extract<WaitingDeviceQuery["waitingDevice"], { kind: "WaitingDevice" }>;

export function Device() {
  const client = useClient();
  const [code, setCode] = useState("");
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const look = async (event: FormEvent) => {
    event.preventDefault();
    if (isAsking) return;
    setAsking(true);
    setProblem(null);
    const { data, error } = await client.query(WaitingDeviceDocument.toString(), { userCode: code }, { requestPolicy: "network-only" });
    const found = (data as WaitingDeviceQuery | undefined)?.waitingDevice;
    if (found?.kind === "WaitingDevice") setWaiting(found);
    else setProblem(found?.message ?? error?.message ?? "The server did not answer.");
    setAsking(false);
  };
  return (
    <Screen title="Log a terminal in">
      <Panel title={waiting ? "Is this your terminal?" : "Type the code that your terminal shows"}>
        {waiting ? <Answer waiting={waiting} onLeave={() => { setWaiting(null); setCode(""); }} /> : (
          <form className={css.device} onSubmit={(event) => void look(event)} noValidate>
            {problem !== null && <RefusalBox key={problem} title="No such code"><p>{problem}</p></RefusalBox>}
            <TextEntry label="Code" value={code} onChange={(typed) => setCode(tidyCode(typed))} isRequired autoFocus hint="Eight letters, from a terminal where you have just typed quartermaster login." />
            <Note />
            <Action kind="primary" type="submit" isDisabled={isAsking || code.length < 9}>{isAsking ? "Looking…" : "Continue"}</Action>
          </form>
        )}
      </Panel>
    </Screen>
  );
}

function Note() {
  return <p><Mark level="WARNING" /> <b>Type no code that somebody sent you</b>, whoever they say they are: it would give them a token of yours.</p>;
}

function Answer({ waiting, onLeave }: { waiting: Waiting; onLeave: () => void }) {
  const { session } = useLive();
  const { send, outcome, isSending, again } = useMutation(AnswerDeviceDocument);
  if (outcome?.kind === "done") {
    const { isAllowed } = outcome.result;
    return (
      <div className={css.device} role="status">
        <p><b>{isAllowed ? `${waiting.hostName} is logged in as ${session.name}.` : "It gets no token."}</b> {isAllowed ? "Go back to the terminal. The token stands under Your account, where you can revoke it." : "The terminal is told so."}</p>
        <Action onPress={onLeave}>Another code</Action>
      </div>
    );
  }
  const answer = (isAllowed: boolean) => void send({ userCode: waiting.userCode, isAllowed });
  return (
    <div className={css.device}>
      <OutcomeBox outcome={outcome} not="Not answered" onAgain={() => void again()} accepted={<Action isSmall onPress={onLeave}>Type the code again</Action>} />
      <dl className={css.facts}>
        <div><dt>Asks from</dt><dd>{waiting.address}</dd></div>
        <div><dt>Calls itself</dt><dd>{waiting.hostName}</dd></div>
        <div><dt>Wants</dt><dd>a token of <b>{session.name}</b> to <b>{SCOPE_WORDS[waiting.scope].toLowerCase()}</b>, for 90 days</dd></div>
      </dl>
      <Note />
      <div className={css.answers}>
        <Action autoFocus onPress={() => answer(false)} isDisabled={isSending}>Refuse</Action>
        <Action kind="primary" onPress={() => answer(true)} isDisabled={isSending}>Yes, log it in</Action>
      </div>
    </div>
  );
}
