/** Parts of an audit entry: what it speaks of, when, how it ended, and what was before and after. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { graphql, useFragment, type FragmentType } from "../gql";
import type { AuditEntryLineFragment } from "../gql/graphql";
import { Action } from "../ui/Action";
import { count, since, UNKNOWN } from "../ui/format";
import { Icon } from "../ui/Icon";
import pane from "../ui/Pane.module.css";
import { SidePane } from "../ui/SidePane";
import { useNow } from "../ui/useNow";
import css from "./Audit.module.css";
import type { Existing } from "./existing";
import { didWhat, propertyWords, valueWords } from "./words";

export const AuditEntryLine = graphql(`
  fragment AuditEntryLine on AuditEntry {
    id
    time
    actor
    actorUser { name }
    address
    token
    action
    objectKind
    objectId
    objectName
    outcome
    isRefused
    message
    values { name before after }
  }
`);

/** "2026-11-24 15:57:11": the log's own time is UTC, whoever reads it. */
export const utc = (time: string): string => time.slice(0, 19).replace("T", " ");

export function Did({ entry, existing }: { entry: AuditEntryLineFragment; existing: Existing }) {
  if (isOnlySelf(entry)) return <>{SELF_WORDS[entry.action]}</>;
  return <>{didWhat(entry.action, entry.objectKind, entry.isRefused)} <ObjectLink entry={entry} existing={existing} /></>;
}

const SELF_WORDS: Record<string, string> = { "user.sign_in": "signed in", "user.sign_out": "signed out" };
const isOnlySelf = (entry: AuditEntryLineFragment): boolean => entry.action in SELF_WORDS && !entry.isRefused && entry.objectName === entry.actor;

/** A link where it leads somewhere: what no longer exists is a name. */
function ObjectLink({ entry, existing }: { entry: AuditEntryLineFragment; existing: Existing }) {
  const now = existing(entry.objectKind, entry.objectId ?? null);
  if (now === null) return <b>{entry.objectName}</b>;
  const words = now === entry.objectName ? entry.objectName : `${entry.objectName} (now ${now})`;
  switch (entry.objectKind) {
    case "pool":
      return <Link to="/devices" search={{ pool: [now] }}>{words}</Link>;
    case "group":
      return <Link to="/users" search={{ group: [now] }}>{words}</Link>;
    default:
      return <Link to="/users" search={{ q: now }}>{words}</Link>;
  }
}

export function Outcome({ entry }: { entry: AuditEntryLineFragment }) {
  if (!entry.isRefused) return <span className={css.muted}>done</span>;
  return <><span className={css.refused}><Icon name="lock" size={14} /> Refused</span> {entry.message ?? entry.outcome}</>;
}

interface EntryPaneProps {
  entry: FragmentType<typeof AuditEntryLine>;
  existing: Existing;
  close: () => void;
}

export function EntryPane({ entry: masked, existing, close }: EntryPaneProps) {
  const entry = useFragment(AuditEntryLine, masked);
  const now = useNow();
  return (
    <SidePane
      label="Audit entry"
      title={<span>{entry.actor} {isOnlySelf(entry) ? SELF_WORDS[entry.action] : `${didWhat(entry.action, entry.objectKind, entry.isRefused)} ${entry.objectName}`}</span>}
      sub={[<>{utc(entry.time)} UTC · {since(entry.time, now)} ago</>]}
      close={close}
      testId="audit-pane"
    >
      <div className={pane.section}>
        <dl className={pane.facts}>
          <div><dt>Who</dt><dd><Who entry={entry} /></dd></div>
          <div><dt>From</dt><dd>{entry.address ?? <span className={css.muted}>the system itself</span>}</dd></div>
          {entry.token != null && <div><dt>By token</dt><dd>{entry.token}</dd></div>}
          <div><dt>Action</dt><dd><code>{entry.action}</code></dd></div>
          <div><dt>Object</dt><dd>{entry.objectKind} <ObjectLink entry={entry} existing={existing} /></dd></div>
        </dl>
      </div>
      {entry.isRefused && (
        <div className={pane.section}>
          <p className={css.refused}><Icon name="lock" size={14} /> Refused</p>
          <p>{entry.message} <code className={css.muted}>{entry.outcome}</code></p>
        </div>
      )}
      <div className={pane.section} data-testid="audit-values">
        {entry.values.length === 0 ? <p className={css.muted}>No property was changed.</p> : entry.values.map(({ name, before, after }) => (
          <section key={name} className={css.change}>
            <h3>{propertyWords(name)}</h3>
            <dl className={css.values}>
              {before != null && <><dt>before</dt><dd><Values name={name} values={before} /></dd></>}
              <dt>{entry.isRefused ? "wanted" : "after"}</dt><dd><Values name={name} values={after} /></dd>
            </dl>
          </section>
        ))}
      </div>
    </SidePane>
  );
}

export function Who({ entry }: { entry: AuditEntryLineFragment }) {
  if (entry.actorUser) return <Link to="/users" search={{ q: entry.actorUser.name }}>{entry.actor}</Link>;
  return <>{entry.actor || UNKNOWN}</>;
}

const FEW = 8;

function Values({ name, values }: { name: string; values: readonly string[] | null | undefined }) {
  const [isOpen, setOpen] = useState(false);
  if (values == null || values.length === 0) return <span className={css.muted}>none</span>;
  const shown = isOpen ? values : values.slice(0, FEW);
  return (
    <>
      {shown.map((value) => valueWords(name, value)).join(", ")}
      {values.length > FEW && <Action kind="link" onPress={() => setOpen(!isOpen)}>{isOpen ? "fewer" : `and ${count(values.length - FEW)} more`}</Action>}
    </>
  );
}
