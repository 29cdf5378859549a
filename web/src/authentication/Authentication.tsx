/** How people sign in (CRED-1): the active backend, what it was told, and the ways to change it. */
import { useState } from "react";
import { graphql } from "../gql";
import type { AuthenticationQuery } from "../gql/graphql";
import { useIsOperator } from "../live/Live";
import { useDocument } from "../session/graph";
import { Action } from "../ui/Action";
import { since } from "../ui/format";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import css from "./Authentication.module.css";
import { GitHubForm } from "./GitHubForm";
import { LdapForm } from "./LdapForm";
import { OidcForm } from "./OidcForm";
import { SwitchLocal } from "./SwitchLocal";
import { ToLocal } from "./ToLocal";

const AuthenticationDocument = graphql(`
  query Authentication {
    authentication {
      kind
      version
      isLocalAllowed
      awaitsFirstUser
      activatedAt
      secretsSet
      ldap { url caCertificate bindDn baseDn scope userFilter userAttribute displayNameAttribute subjectAttribute groupFilter groupAttribute memberAttribute }
      oidc { issuer clientId scopes nameClaim displayNameClaim groupsClaim requiredGroup caCertificate }
      gitHub { organisation clientId apiUrl webUrl }
    }
  }
`);

export type AuthenticationInfo = NonNullable<AuthenticationQuery["authentication"]>;

const NAMES: Record<AuthenticationInfo["kind"], string> = { LOCAL: "Local", LDAP: "LDAP / Active Directory", OIDC: "OpenID Connect", GITHUB: "GitHub" };

type Backend = Exclude<AuthenticationInfo["kind"], "LOCAL">;

const BACKENDS: readonly (readonly [Backend, string])[] = [["LDAP", "LDAP"], ["OIDC", "OpenID Connect"], ["GITHUB", "GitHub"]];

export function Authentication() {
  const isOperator = useIsOperator();
  const { data, failure, retry } = useDocument(AuthenticationDocument, {});
  const now = data?.authentication;
  return (
    <Screen title="Authentication">
      {!isOperator ? <Panel title="Not for you"><Empty title="This needs the role Operator">Ask an operator to change how people sign in.</Empty></Panel>
        : now ? <Active now={now} />
        : failure !== null ? <Panel title="Active backend"><Failed what="How people sign in" failure={failure} retry={retry} /></Panel>
        : <Panel title="Active backend"><Skeleton rows={5} rowHeight={26} /></Panel>}
    </Screen>
  );
}

function Active({ now }: { now: AuthenticationInfo }) {
  const [popup, setPopup] = useState<Backend | "local" | "switch" | null>(null);
  const at = useNow();
  const close = () => setPopup(null);
  const isLocal = now.kind === "LOCAL";
  return (
    <>
      <Panel title="Active backend">
        <dl className={css.facts}>
          <Fact name="Kind">{NAMES[now.kind]}</Fact>
          {now.activatedAt != null && <Fact name="Active for">{since(now.activatedAt, at)}</Fact>}
          {factsOf(now).map(([name, value]) => <Fact key={name} name={name}>{value}</Fact>)}
          {now.awaitsFirstUser && <Fact name="First user">Nobody of it is on board yet: whoever is first becomes an operator.</Fact>}
        </dl>
        <div className={css.actions}>
          {BACKENDS.toSorted(([a], [b]) => Number(b === now.kind) - Number(a === now.kind)).map(([kind, name]) => (
            <Action key={kind} {...(kind === now.kind && { kind: "primary" })} onPress={() => setPopup(kind)}>{kind === now.kind ? "Change" : `Activate ${name}`}</Action>
          ))}
          {!isLocal && <Action onPress={() => setPopup("local")}>Back to local</Action>}
        </div>
      </Panel>
      <Panel title="Local sign-in">
        <dl className={css.facts}>
          <Fact name="State">{now.isLocalAllowed ? "On: local users sign in with a password kept here" : "Off: only people of the backend sign in"}</Fact>
          <Fact name="Way back">On the host, <code>quartermaster reset-password</code> always lets the installation's operator in again.</Fact>
        </dl>
        {!isLocal && <div className={css.actions}><Action onPress={() => setPopup("switch")}>Switch {now.isLocalAllowed ? "off" : "on"}</Action></div>}
      </Panel>
      {popup === "LDAP" && <LdapForm now={now} onClose={close} />}
      {popup === "OIDC" && <OidcForm now={now} onClose={close} />}
      {popup === "GITHUB" && <GitHubForm now={now} onClose={close} />}
      {popup === "local" && <ToLocal now={now} onClose={close} />}
      {popup === "switch" && <SwitchLocal now={now} onClose={close} />}
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function factsOf({ ldap, oidc, gitHub }: AuthenticationInfo): (readonly [string, string])[] {
  if (ldap) {
    return [["Directory", ldap.url], ["Base", ldap.baseDn], ["Bound as", ldap.bindDn], ["People", ldap.userFilter], ["Known by", ldap.subjectAttribute], ["Authority", ldap.caCertificate == null ? "those that the system trusts" : "its own certificate"]];
  }
  if (oidc) return [["Issuer", oidc.issuer], ["Client", oidc.clientId]];
  if (gitHub) return [["Organisation", gitHub.organisation], ["Client", gitHub.clientId]];
  return [];
}
