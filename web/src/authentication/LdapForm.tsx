/**
 * What a directory has to be told. It is tried for real, with the operator's own sign-in, before it
 * replaces anything; what fails says at which step and why, and keeps all that was typed.
 */
import { useState } from "react";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { TextEntry } from "../ui/Field";
import { Mark } from "../ui/Mark";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { Segments } from "../ui/Segments";
import type { AuthenticationInfo } from "./Authentication";
import css from "./Authentication.module.css";
import { ATTRIBUTES, fieldsOf, kindOf, toInput, type Kind, type LdapFields } from "./ldap";

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

const KINDS: readonly (readonly [Kind | "own", string])[] = [["openldap", "OpenLDAP"], ["active", "Active Directory"], ["own", "As entered"]];

export function LdapForm({ now, onClose }: { now: AuthenticationInfo; onClose: () => void }) {
  const [fields, setFields] = useState(() => fieldsOf(now));
  const [version, setVersion] = useState(now.version);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const trial = useMutation(TryAuthenticationDocument, { hasCommand: false });
  const activation = useMutation(ActivateAuthenticationDocument, { hasCommand: false });
  const isSending = trial.isSending || activation.isSending;
  const refusal = activation.outcome?.kind === "refused" ? activation.outcome.refusal : null;
  const steps = trial.outcome?.kind === "done" ? trial.outcome.result.steps : null;
  const keepsSecret = now.kind === "LDAP" && now.secretsSet.includes("bind_password");

  const set = (field: keyof LdapFields) => (value: string) => {
    setFields({ ...fields, [field]: value });
    trial.forget();
  };
  const entry = (field: keyof LdapFields, label: string, more: { note?: string; hint?: string; isSecret?: boolean; isLong?: boolean; className?: string | undefined } = {}) => (
    <TextEntry label={label} value={fields[field]} onChange={set(field)} {...more} />
  );
  const wishes = { backend: { ldap: toInput(fields) }, name: name.trim(), password };
  const attempt = () => {
    activation.forget();
    void trial.send(wishes);
  };
  const activate = async () => {
    if (isSending) return;
    trial.forget();
    const sent = await activation.send({ version, ...wishes });
    if (sent.kind !== "done") return;
    announce("LDAP is active: people sign in by it now.");
    onClose();
  };
  return (
    <Popup
      title={now.kind === "LDAP" ? "Change LDAP" : "Activate LDAP"}
      size="wide"
      onClose={onClose}
      onSubmit={() => void activate()}
      sum={<span className={css.muted}>It is tried for real first; a failed try changes nothing.</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action onPress={attempt} isDisabled={isSending}>{trial.isSending ? "Trying…" : "Try"}</Action>
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
      {steps !== null && (
        <div role="status" aria-label="What was tried">
          <ul className={css.steps}>{steps.map((step) => <li key={step}><Mark level="OK" /> {step}</li>)}</ul>
        </div>
      )}
      <div className={css.fields}>
        <h3 className={css.heading}>Directory</h3>
        {entry("url", "URL", { hint: "ldaps://HOST, or ldap://HOST, where TLS begins before anything is sent" })}
        {entry("baseDn", "Base", { hint: "dc=example,dc=org" })}
        {entry("bindDn", "Bind as", { hint: "An account that may read people and groups" })}
        {entry("bindPassword", "Its password", { isSecret: true, ...(keepsSecret && { note: "left empty, it stays; for another host it is needed" }) })}
        {entry("caCertificate", "Certificate of your own authority", { note: "PEM; empty: those that the system trusts", isLong: true, className: css.whole })}
        <h3 className={css.heading}>People and groups</h3>
        <div className={css.whole}><Segments label="Kind of directory" options={KINDS} value={kindOf(fields) ?? "own"} onChange={(kind) => kind !== "own" && setFields({ ...fields, ...ATTRIBUTES[kind] })} /></div>
        {entry("userFilter", "Filter of people")}
        {entry("userAttribute", "Name to sign in with")}
        {entry("displayNameAttribute", "Display name")}
        {entry("subjectAttribute", "Known for ever by", { hint: "What is never given to another: entryUUID, objectGUID" })}
        {entry("groupFilter", "Filter of groups")}
        {entry("groupAttribute", "Name of a group")}
        {entry("memberAttribute", "Members of a group", { hint: "member, uniqueMember, memberUid or memberOf" })}
        <h3 className={css.heading}>Your own sign-in there</h3>
        <TextEntry label="Your name" value={name} onChange={setName} hint="Only tried, not kept: it shows that people can sign in" />
        <TextEntry label="Your password" value={password} onChange={setPassword} isSecret />
      </div>
    </Popup>
  );
}
