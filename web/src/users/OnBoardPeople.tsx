/**
 * Take people on board, several at once, each with group and roles (USER-1): whom the backend knows,
 * and whoever is added by name. Their first passwords are shown once.
 */
import { useState, type ReactNode } from "react";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { plural } from "../ui/format";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { CandidateGrid } from "./CandidateGrid";
import { CandidateTools } from "./CandidateTools";
import { FirstPasswords } from "./FirstPasswords";
import { ForAll } from "./ForAll";
import { keyOf, newcomer, NOTHING_SET, toInput, willHappen, type Newcomer, type Newcomers } from "./newcomers";
import type { OnBoardProps } from "./OnBoard";
import css from "./OnBoard.module.css";
import type { Candidate, Candidates } from "./useCandidates";

const OnBoardUsersDocument = graphql(`
  mutation OnBoardUsers($input: OnBoardUsersInput!) {
    onBoardUsers(input: $input) {
      kind: __typename
      ... on UsersOnBoarded { users { user { id name } password } }
      ... on Refusal { message }
      ... on ItemsRefused { items { name reasons { message } } }
      ... on TooManyAtOnce { limit }
    }
  }
`);

interface OnBoardPeopleProps extends OnBoardProps {
  /** The other way to do it. */
  ways: ReactNode;
  candidates: Candidates;
  words: string;
  setWords: (words: string) => void;
}

export function OnBoardPeople({ ways, candidates, words, setWords, groups, onDone, onClose }: OnBoardPeopleProps) {
  const [chosen, setChosen] = useState<Newcomers>(() => new Map());
  const [defaults, setDefaults] = useState(NOTHING_SET);
  const { send, outcome, isSending, forget } = useMutation(OnBoardUsersDocument);
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;

  if (outcome?.kind === "done" && outcome.result.users.some((one) => one.password != null)) {
    const { users } = outcome.result;
    return (
      <FirstPasswords
        title={users.length === 1 ? `${users[0].user.name} is on board` : `${plural(users.length, "user")} are on board`}
        passwords={users.map(({ user, password }) => ({ name: user.name, password: password ?? null }))}
        onClose={() => onDone(users.at(0)?.user.id)}
      />
    );
  }

  const known = new Map(candidates.people?.map((one): [string, Candidate] => [keyOf(one.name), one]));
  const choose = (name: string): Newcomer => newcomer(name, false, defaults, known.get(keyOf(name)));
  const toggle = (name: string) => {
    const next = new Map(chosen);
    if (!next.delete(keyOf(name))) next.set(keyOf(name), choose(name));
    setChosen(next);
  };
  const toggleAll = (names: readonly string[]) => {
    if (names.every((name) => chosen.has(keyOf(name)))) leaveOut(names);
    else setChosen(new Map([...names.map((name): [string, Newcomer] => [keyOf(name), choose(name)]), ...chosen]));
  };
  const leaveOut = (names: readonly string[]) => {
    const out = new Set(names.map(keyOf));
    setChosen(new Map([...chosen].filter(([key]) => !out.has(key))));
    forget();
  };
  const onBoard = async () => {
    if (isSending || chosen.size === 0) return;
    const sent = await send({ users: toInput(chosen) });
    if (sent.kind !== "done") return;
    const { users } = sent.result;
    const hasPasswords = users.some((one) => one.password != null);
    announce(`${plural(users.length, "user")} on board.${hasPasswords ? " Their first passwords are shown." : ""}`);
    if (!hasPasswords) onDone(users.at(0)?.user.id);
  };
  const { joins, trouble } = willHappen(chosen, (id) => groups.find((group) => group.id === id)?.name ?? "a group that is gone");

  return (
    <Popup
      title="On-board users"
      size="wide"
      onClose={onClose}
      onSubmit={() => void onBoard()}
      sum={
        <span className={css.sum} data-testid="sum">
          {chosen.size === 0 ? <span className={css.muted}>Nobody is chosen yet.</span> : <>{joins}. <span className={css.muted}>{trouble || "They can sign in at once."}</span></>}
        </span>
      }
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || chosen.size === 0}>
            {isSending ? "On-boarding…" : chosen.size === 0 ? "On-board users" : `On-board ${plural(chosen.size, "user")}`}
          </Action>
        </>
      }
    >
      <OutcomeBox
        outcome={outcome}
        not={chosen.size === 1 ? "Not taken on board" : "Nobody was taken on board"}
        details={refusal?.kind === "ItemsRefused" && <ul>{refusal.items.map((item) => <li key={item.name}><b>{item.name}</b> {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>}
        accepted={
          refusal?.kind === "ItemsRefused" && refusal.items.length < chosen.size ? <Action isSmall onPress={() => leaveOut(refusal.items.map((item) => item.name))}>Leave {refusal.items.length === 1 ? refusal.items[0].name : `these ${refusal.items.length}`} out</Action>
          : refusal?.kind === "TooManyAtOnce" ? <Action isSmall onPress={() => leaveOut([...chosen.keys()].slice(refusal.limit))}>Keep the first {refusal.limit}</Action>
          : null}
      />
      {ways}
      {candidates.isFirst && <p className={css.muted}>Nobody of this backend is on board yet: whoever is first becomes an operator.</p>}
      <CandidateTools
        candidates={candidates}
        words={words}
        setWords={setWords}
        isTaken={(name) => chosen.has(keyOf(name))}
        onAdd={(name) => setChosen(new Map([[keyOf(name), newcomer(name, true, defaults)], ...chosen]))}
      />
      <div className={css.picker}>
        <ForAll chosen={chosen} groups={groups} onChange={setChosen} onDefaults={setDefaults} defaults={defaults} />
        <CandidateGrid candidates={candidates} chosen={chosen} words={words} groups={groups} onToggle={toggle} onToggleAll={toggleAll} onChange={(key, one) => setChosen(new Map(chosen).set(key, one))} />
      </div>
    </Popup>
  );
}
