/** The browsers that one is signed in with. */
import { Action } from "../ui/Action";
import { fullMoment, since } from "../ui/format";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";
import type { Session } from "./documents";

export function SessionTable({ sessions, onEnd }: { sessions: readonly Session[]; onEnd: (session: Session) => void }) {
  const now = useNow();
  return (
    <div className={table.scroll} role="region" aria-label="Signed in" tabIndex={0}>
      <table className={table.table}>
        <thead>
          <tr><th scope="col">From</th><th scope="col">Signed in</th><th scope="col">Last used</th><th scope="col">Ends at the latest</th><th scope="col"><span className="visually-hidden">Actions</span></th></tr>
        </thead>
        <tbody>
          {sessions.map((session) => {
            const from = session.address ?? "an unknown address";
            return (
              <tr key={session.id}>
                <th scope="row">{from}{session.isCurrent && <span className={table.muted}> this browser</span>}</th>
                <td title={fullMoment(Date.parse(session.createdAt))}>{since(session.createdAt, now)} ago</td>
                <td title={fullMoment(Date.parse(session.lastUsedAt))}>{since(session.lastUsedAt, now)} ago</td>
                <td>{fullMoment(Date.parse(session.expiresAt))}</td>
                <td className={table.number}>{!session.isCurrent && <Action isSmall label={`End the session from ${from}, signed in ${since(session.createdAt, now)} ago`} onPress={() => onEnd(session)}>End</Action>}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
