/** The parts that the product stands on: whether each does its work, and what to do where it does not. */
import { useLive } from "../live/Live";
import { Mark, type MarkLevel } from "../ui/Mark";
import { Failed, Panel, Skeleton } from "../ui/Panel";
import table from "../ui/Table.module.css";
import css from "./About.module.css";
import type { ComponentInfo } from "./documents";

const STATES: Record<ComponentInfo["state"], readonly [MarkLevel, string]> = {
  OK: ["OK", "Works"],
  WARNING: ["WARNING", "Look at it"],
  FAILED: ["CRITICAL", "Fails"],
  OFF: ["OUT", "Not used"],
};

export function Components({ components, failure }: { components: readonly ComponentInfo[] | null; failure: string | null }) {
  const { connection } = useLive();
  const failing = components?.filter((one) => one.state === "FAILED").length ?? 0;
  return (
    <Panel title="Components" isLive note={components && (failing === 0 ? "looked at every 5 s" : `${failing} of ${components.length} ${failing === 1 ? "fails" : "fail"}`)}>
      {components === null && failure !== null ? <Failed what="What runs here" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
        : components === null ? <Skeleton rows={6} rowHeight={32} /> : (
        <div className={table.scroll} role="region" aria-label="Components" tabIndex={0}>
          <table className={`${table.table} ${css.components}`} data-testid="components">
            <thead><tr><th scope="col">Component</th><th scope="col">State</th><th scope="col">What</th><th scope="col">Version</th><th scope="col">How it is</th></tr></thead>
            <tbody>{components.map((one) => <Row key={one.name} component={one} />)}</tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Row({ component: { name, state, kind, version, detail, remedy } }: { component: ComponentInfo }) {
  const [level, words] = STATES[state];
  return (
    <tr {...(state === "FAILED" && { className: table.broken })}>
      <th scope="row">{name}</th>
      <td><span className={table.mark} data-level={level}><Mark level={level} /> {words}</span></td>
      <td className={table.muted}>{kind}</td>
      <td className={table.muted}>{version}</td>
      <td className={table.wrap}>{detail}{remedy != null && <span className={css.remedy}>{withCode(remedy)}</span>}</td>
    </tr>
  );
}

/** What stands between backticks is to be typed. */
function withCode(text: string) {
  // The parts of one text never move.
  return text.split("`").map((part, i) => (i % 2 === 0 ? part : <code key={part}>{part}</code>));
}
