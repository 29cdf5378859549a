/** Display name and roles of a user, in any combination. What others change meanwhile is seen. */
import { useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import { graphql } from "../gql";
import type { Role } from "../gql/graphql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { CheckRow } from "../ui/Check";
import { TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import type { UserInfo } from "./live";
import { ROLE_PURPOSE, ROLE_WORDS, ROLES } from "./roles";
import css from "./Users.module.css";

const EditUserDocument = graphql(`
  mutation EditUser($input: EditUserInput!) {
    editUser(input: $input) {
      kind: __typename
      ... on User { id name }
      ... on Refusal { message }
      ... on StaleEdit { version ...StaleChanges }
      ... on OwnRoles { roles }
    }
  }
`);

interface EditUserProps {
  /** As it is now. */
  user: UserInfo;
  isSelf: boolean;
  onSaved: (id: string) => void;
  onClose: () => void;
}

export function EditUser({ user, isSelf, onSaved, onClose }: EditUserProps) {
  const [version, setVersion] = useState(user.version);
  const [typed, setTyped] = useState<string | null>(null);
  /** What was set here; a role that was not touched follows what others do. */
  const [wishes, setWishes] = useState<ReadonlyMap<Role, boolean>>(() => new Map());
  const { send, outcome, isSending, forget } = useMutation(EditUserDocument);

  const shown = typed ?? user.displayName ?? "";
  const has = (role: Role) => wishes.get(role) ?? user.roles.includes(role);
  const wanted = ROLES.filter(has);
  const isNamed = shown.trim() !== (user.displayName ?? "");
  const given = wanted.filter((role) => !user.roles.includes(role));
  const taken = user.roles.filter((role) => !has(role));
  const hasChanges = isNamed || given.length > 0 || taken.length > 0;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;

  const save = async (confirmOwn = false) => {
    if (isSending || !hasChanges) return;
    const sent = await send({
      id: user.id,
      version,
      confirmOwn,
      displayName: isNamed ? shown : null,
      roles: given.length > 0 || taken.length > 0 ? wanted : null,
    });
    if (sent.kind !== "done") return;
    announce(`${user.name} is saved.`);
    onSaved(user.id);
  };
  return (
    <Popup
      title={`Roles of ${user.name}`}
      onClose={onClose}
      onSubmit={() => void save()}
      sum={[given.length > 0 && `gets ${inWords(given)}`, taken.length > 0 && `loses ${inWords(taken)}`, isNamed && "renamed"].filter(Boolean).join("; ") || <span className={css.muted}>nothing changed yet</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || !hasChanges}>{isSending ? "Saving…" : "Save"}</Action>
        </>
      }
    >
      <OutcomeBox
        outcome={refusal?.kind === "OwnRoles" && outcome?.kind === "refused" ? { ...outcome, refusal: { message: "" } } : outcome}
        not={refusal?.kind === "OwnRoles" ? `Do you mean to take ${inWords(refusal.roles)} from yourself?` : "Not saved"}
        details={
          refusal?.kind === "StaleEdit" ? <><StaleChanges edit={refusal} /><p>What you set is kept when you load the new state.</p></>
          : refusal?.kind === "OwnRoles" ? <p>Nothing is saved yet. {refusal.roles.includes("OPERATOR") && "Without the role Operator you see only what is yours, and another operator has to give it back."}</p>
          : null}
        accepted={
          refusal?.kind === "StaleEdit" ? <Action isSmall onPress={() => { setVersion(refusal.version); forget(); }}>Load the new state</Action>
          : refusal?.kind === "OwnRoles" ? (
            <>
              <Action isSmall onPress={() => void save(true)}>Yes, take {inWords(refusal.roles)} from me</Action>
              <Action isSmall onPress={() => { setWishes(new Map([...wishes].filter(([role]) => !refusal.roles.includes(role)))); forget(); }}>Keep {refusal.roles.length === 1 ? "it" : "them"}</Action>
            </>
          )
          : refusal?.kind === "LastOperator" ? <Action isSmall onPress={() => { setWishes(new Map(wishes).set("OPERATOR", true)); forget(); }}>Keep Operator</Action>
          : null}
      />
      <TextEntry label="Display name" note="may be empty" value={shown} onChange={setTyped} maxLength={200} error={refusal?.kind === "BadName" ? refusal.message : undefined} />
      <ul className={css.roles} aria-label={`Roles of ${user.name}`}>
        {ROLES.map((role) => (
          <CheckRow key={role} isSelected={has(role)} onChange={(isOn) => setWishes(new Map(wishes).set(role, isOn))}>
            {ROLE_WORDS[role]} <span className={css.purpose}>{ROLE_PURPOSE[role]}</span>
          </CheckRow>
        ))}
      </ul>
      {wanted.length === 0 && <p className={css.muted}>Without a role {isSelf ? "you see" : `${user.name} sees`} only the own profile.</p>}
    </Popup>
  );
}

const inWords = (roles: readonly Role[]): string => roles.map((role) => ROLE_WORDS[role]).join(", ");
