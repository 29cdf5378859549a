/** What GitHub, or GitHub Enterprise, has to be told. */
import { useState } from "react";
import { TextEntry } from "../ui/Field";
import type { AuthenticationInfo } from "./Authentication";
import css from "./Authentication.module.css";
import { BackendForm, STAYS } from "./BackendForm";

export function GitHubForm({ now, onClose }: { now: AuthenticationInfo; onClose: () => void }) {
  const { gitHub } = now;
  const [fields, setFields] = useState({
    organisation: gitHub?.organisation ?? "",
    clientId: gitHub?.clientId ?? "",
    clientSecret: "",
    token: "",
    apiUrl: gitHub?.apiUrl ?? "https://api.github.com",
    webUrl: gitHub?.webUrl ?? "https://github.com",
  });
  const isActive = now.kind === "GITHUB";
  const entry = (field: keyof typeof fields, label: string, more: { note?: string; hint?: string; isSecret?: boolean } = {}) => (
    <TextEntry label={label} value={fields[field]} onChange={(value) => setFields({ ...fields, [field]: value })} {...more} />
  );
  return (
    <BackendForm name="GitHub" isActive={isActive} version={now.version} wishes={{ backend: { gitHub: fields } }} onClose={onClose}>
      <p className={css.whole}>At GitHub, register an OAuth application with this callback URL: <code>{window.location.origin}/auth/callback</code></p>
      {entry("organisation", "Organisation", { hint: "Only its active members sign in" })}
      {entry("clientId", "Client")}
      {entry("clientSecret", "Its secret", { isSecret: true, ...(isActive && { note: STAYS }) })}
      {entry("token", "Token", { isSecret: true, hint: "Of a member, with read:org: it lists the organisation", ...(isActive && { note: STAYS }) })}
      {entry("webUrl", "Web address")}
      {entry("apiUrl", "Address of the API")}
    </BackendForm>
  );
}
