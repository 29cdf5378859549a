/**
 * Around the fields of a backend: it is tried for real before it replaces anything; what fails says at
 * which step and why, and keeps all that was typed.
 */
import { useState, type ReactNode } from "react";
import { graphql } from "../gql";
import type { BackendInput } from "../gql/graphql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Mark } from "../ui/Mark";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import css from "./Authentication.module.css";

const TryAuthenticationDocument = graphql(`
  mutation TryAuthentication($input: TryAuthenticationInput!) {
    tryAuthentication(input: $input) {
      kind: __typename
      ... on AuthenticationTried { steps }
      ... on Refusal { message }
    }
  }
`);
const ActivateAuthenticationDocument = graphql(`
  mutation ActivateAuthentication($input: ActivateAuthenticationInput!) {
    activateAuthentication(input: $input) {
      kind: __typename
      ... on Authentication { version }
      ... on Refusal { message }
      ... on StaleEdit { version }
    }
  }
`);

export interface BackendFormProps {
  /** "LDAP" */
  name: string;
  isActive: boolean;
  version: number;
  wishes: { backend: BackendInput; name?: string; password?: string };
  onClose: () => void;
  children: ReactNode;
}

export function BackendForm({ name, isActive, version: read, wishes, onClose, children }: BackendFormProps) {
  const [version, setVersion] = useState(read);
  const [tried, setTried] = useState<{ wishes: string; steps: readonly string[] } | null>(null);
  const trial = useMutation(TryAuthenticationDocument, { hasCommand: false });
  const activation = useMutation(ActivateAuthenticationDocument, { hasCommand: false });
  const isSending = trial.isSending || activation.isSending;
  const refusal = activation.outcome?.kind === "refused" ? activation.outcome.refusal : null;
  const asked = JSON.stringify(wishes);

  const attempt = async () => {
    activation.forget();
    const sent = await trial.send(wishes);
    setTried(sent.kind === "done" ? { wishes: asked, steps: sent.result.steps } : null);
  };
  const activate = async () => {
    if (isSending) return;
    trial.forget();
    const sent = await activation.send({ version, ...wishes });
    if (sent.kind !== "done") return;
    announce(`${name} is active: people sign in by it now.`);
    onClose();
  };
  return (
    <Popup
      title={isActive ? `Change ${name}` : `Activate ${name}`}
      size="wide"
      onClose={onClose}
      onSubmit={() => void activate()}
      sum={<span className={css.muted}>It is tried for real first; a failed try changes nothing.</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action onPress={() => void attempt()} isDisabled={isSending}>{trial.isSending ? "Trying…" : "Try"}</Action>
          <Action kind="primary" type="submit" isDisabled={isSending}>{activation.isSending ? "Activating…" : "Activate"}</Action>
        </>
      }
    >
      <OutcomeBox outcome={trial.outcome} not="It does not work so" />
      <OutcomeBox
        outcome={activation.outcome}
        not="Not activated"
        accepted={refusal?.kind === "StaleEdit" && <Action isSmall onPress={() => { setVersion(refusal.version); activation.forget(); }}>Replace it all the same</Action>}
      />
      {tried?.wishes === asked && (
        <div role="status" aria-label="What was tried">
          <ul className={css.steps}>{tried.steps.map((step) => <li key={step}><Mark level="OK" /> {step}</li>)}</ul>
        </div>
      )}
      <div className={css.fields}>{children}</div>
    </Popup>
  );
}

/** Under a secret that is kept already. */
export const STAYS = "left empty, it stays; for another host it is needed";
