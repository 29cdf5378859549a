/** Tokens with all that is known of them; which of them is about to end is seen at once. */
import { Action } from "../ui/Action";
import { fullMoment, since } from "../ui/format";
import { Mark } from "../ui/Mark";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";
import type { Token } from "./documents";
import { expiryWords, lifetime, SCOPE_WORDS } from "./words";

interface TokenTableProps {
  label: string;
  tokens: readonly Token[];
  onRevoke: (token: Token) => void;
}

export function TokenTable({ label, tokens, onRevoke }: TokenTableProps) {
  const now = useNow();
  return (
    // Scrolled by the keyboard too, where it is wider than the screen.
    <div className={table.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={table.table}>
        <thead>
          <tr><th scope="col">Name</th><th scope="col">Scope</th><th scope="col">Created</th><th scope="col">Expires</th><th scope="col">Last used</th><th scope="col"><span className="visually-hidden">Actions</span></th></tr>
        </thead>
        <tbody>
          {tokens.map((token) => {
            const state = lifetime(token.expiresAt, now);
            return (
              <tr key={token.id}>
                <th scope="row" className={table.clip} title={token.name}>{token.name}</th>
                <td>{SCOPE_WORDS[token.scope]}</td>
                <td title={moment(token.createdAt)}>{since(token.createdAt, now)} ago</td>
                <td title={moment(token.expiresAt)}>
                  {state === "living" ? expiryWords(token.expiresAt, now)
                    : <span className={table.mark} data-level={state === "soon" ? "WARNING" : "UNKNOWN"}><Mark level={state === "soon" ? "WARNING" : "UNKNOWN"} /> {expiryWords(token.expiresAt, now)}</span>}
                </td>
                <td title={moment(token.lastUsedAt)}>{token.lastUsedAt == null ? <span className={table.muted}>never</span> : `${since(token.lastUsedAt, now)} ago from ${token.lastUsedFrom ?? "somewhere"}`}</td>
                <td className={table.number}><Action isSmall label={`Revoke ${token.name}`} onPress={() => onRevoke(token)}>Revoke</Action></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const moment = (time: string | null | undefined) => (time == null ? undefined : fullMoment(Date.parse(time)));
