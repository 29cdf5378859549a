/** What a directory has to be told, and the operator's own sign-in there, which is only tried. */
import { useState } from "react";
import { TextEntry } from "../ui/Field";
import { Segments } from "../ui/Segments";
import type { AuthenticationInfo } from "./Authentication";
import css from "./Authentication.module.css";
import { BackendForm, STAYS } from "./BackendForm";
import { ATTRIBUTES, fieldsOf, kindOf, toInput, type Kind, type LdapFields } from "./ldap";

const KINDS: readonly (readonly [Kind | "own", string])[] = [["openldap", "OpenLDAP"], ["active", "Active Directory"], ["own", "As entered"]];

export function LdapForm({ now, onClose }: { now: AuthenticationInfo; onClose: () => void }) {
  const [fields, setFields] = useState(() => fieldsOf(now));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const isActive = now.kind === "LDAP";
  const entry = (field: keyof LdapFields, label: string, more: { note?: string; hint?: string; isSecret?: boolean; isLong?: boolean; className?: string | undefined } = {}) => (
    <TextEntry label={label} value={fields[field]} onChange={(value) => setFields({ ...fields, [field]: value })} {...more} />
  );
  return (
    <BackendForm name="LDAP" isActive={isActive} version={now.version} wishes={{ backend: { ldap: toInput(fields) }, name: name.trim(), password }} onClose={onClose}>
      <h3 className={css.heading}>Directory</h3>
      {entry("url", "URL", { hint: "ldaps://HOST, or ldap://HOST, where TLS begins before anything is sent" })}
      {entry("baseDn", "Base", { hint: "dc=example,dc=org" })}
      {entry("bindDn", "Bind as", { hint: "An account that may read people and groups" })}
      {entry("bindPassword", "Its password", { isSecret: true, ...(isActive && { note: STAYS }) })}
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
    </BackendForm>
  );
}
