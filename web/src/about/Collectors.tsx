/** Which version of the collector the nodes run, and which of them are silent. */
import { Link } from "@tanstack/react-router";
import { count, UNKNOWN } from "../ui/format";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import table from "../ui/Table.module.css";
import css from "./About.module.css";
import type { CollectorInfo } from "./documents";

const NAMED = 5;

export function Collectors({ collectors, version }: { collectors: readonly CollectorInfo[] | null; version: string }) {
  const hasSilent = collectors?.some((one) => one.stale.length > 0) ?? false;
  return (
    <Panel title="Collectors" isLive note="by version">
      {collectors === null ? <Skeleton rows={2} rowHeight={32} />
        : collectors.length === 0 ? <Empty title="No node yet">Start <code>quartermaster collector</code> on each node.</Empty> : (
        <div className={table.scroll} role="region" aria-label="Collectors" tabIndex={0}>
          <table className={table.table} data-testid="collectors">
            <thead><tr><th scope="col">Version</th><th scope="col" className={table.number}>Nodes</th><th scope="col" className={table.number}>Silent</th>{hasSilent && <th scope="col">Silent nodes</th>}</tr></thead>
            <tbody>
              {collectors.map((one) => (
                <tr key={one.version ?? ""}>
                  <th scope="row">{one.version ?? UNKNOWN}{one.version !== version && one.version != null && <span className={table.muted}> another than this</span>}</th>
                  <td className={table.number}>{count(one.nodes)}</td>
                  <td className={table.number}>{count(one.stale.length)}</td>
                  {hasSilent && <td className={table.wrap}><Silent names={one.stale} /></td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Silent({ names }: { names: readonly string[] }) {
  return (
    <span className={css.nodes}>
      {names.slice(0, NAMED).map((name) => <Link key={name} to="/nodes/$hostName" params={{ hostName: name }}>{name}</Link>)}
      {names.length > NAMED && <span className={table.muted}>and {count(names.length - NAMED)} more</span>}
    </span>
  );
}
