/** What a provider of OpenID Connect has to be told. */
import { useState } from "react";
import { TextEntry } from "../ui/Field";
import type { AuthenticationInfo } from "./Authentication";
import css from "./Authentication.module.css";
import { BackendForm, STAYS } from "./BackendForm";

export function OidcForm({ now, onClose }: { now: AuthenticationInfo; onClose: () => void }) {
  const { oidc } = now;
  const [fields, setFields] = useState({
    issuer: oidc?.issuer ?? "https://",
    clientId: oidc?.clientId ?? "",
    clientSecret: "",
    directoryToken: "",
    scopes: oidc?.scopes ?? "openid profile email",
    nameClaim: oidc?.nameClaim ?? "preferred_username",
    displayNameClaim: oidc?.displayNameClaim ?? "name",
    groupsClaim: oidc ? oidc.groupsClaim ?? "" : "groups",
    requiredGroup: oidc?.requiredGroup ?? "",
    caCertificate: oidc?.caCertificate ?? "",
  });
  const isActive = now.kind === "OIDC";
  const entry = (field: keyof typeof fields, label: string, more: { note?: string; hint?: string; isSecret?: boolean; isLong?: boolean; className?: string | undefined } = {}) => (
    <TextEntry label={label} value={fields[field]} onChange={(value) => setFields({ ...fields, [field]: value })} {...more} />
  );
  return (
    <BackendForm name="OpenID Connect" isActive={isActive} version={now.version} wishes={{ backend: { oidc: fields } }} onClose={onClose}>
      <p className={css.whole}>At the provider, register a web application with a secret, and this redirect URI: <code>{window.location.origin}/auth/callback</code></p>
      {entry("issuer", "Issuer", { hint: "As the provider writes it in /.well-known/openid-configuration, to the letter" })}
      {entry("clientId", "Client")}
      {entry("clientSecret", "Its secret", { isSecret: true, ...(isActive && { note: STAYS }) })}
      {entry("directoryToken", "Token of Okta's API", { isSecret: true, hint: "To list people and to see who left", note: isActive ? `Okta alone; ${STAYS}` : "Okta alone; may be empty" })}
      {entry("scopes", "Scopes")}
      {entry("nameClaim", "Claim of the name")}
      {entry("displayNameClaim", "Claim of the display name")}
      {entry("groupsClaim", "Claim of the groups", { note: "may be empty" })}
      {entry("requiredGroup", "Required group", { note: "may be empty", hint: "Only who is in it signs in" })}
      {entry("caCertificate", "Certificate of your own authority", { note: "PEM; empty: those that the system trusts", isLong: true, className: css.whole })}
    </BackendForm>
  );
}
