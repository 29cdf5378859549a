/** What needs a person, worst first, faults before what could be balanced: what, remedy, since when, one way there. */
import { Link } from "@tanstack/react-router";
import { graphql, useFragment, type FragmentType } from "../gql";
import { count, gpu, since } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Empty, Panel, Skeleton } from "../ui/Panel";
import { useBalanceHints } from "./balanceHints";
import css from "./NeedsAttention.module.css";

const NeedsAttentionFragment = graphql(`
  fragment NeedsAttention on Cluster {
    time
    nodesTotal
    attention {
      level
      title
      remedy
      since
      node { hostName }
      device { uuid index migProfile }
    }
    ...BalanceHints
  }
`);

/** As many as fit beside the pools; the rest is one press away. */
const SHOWN = 6;

export function NeedsAttention({ cluster }: { cluster: FragmentType<typeof NeedsAttentionFragment> | null }) {
  const data = useFragment(NeedsAttentionFragment, cluster);
  const all = data?.attention ?? [];
  const hints = useBalanceHints(data);
  const note = [all.length > 0 && `${all.length}, worst first`, hints.length > 0 && `${hints.length} to balance`].filter(Boolean).join(" · ");
  return (
    <Panel title="Needs attention" isLive note={data ? note || "nothing" : undefined}
      aside={<Link to="/events">All health events</Link>}>
      {data === null ? <Skeleton rows={6} rowHeight={44} /> : all.length === 0 && hints.length === 0 ? (
        data.nodesTotal === 0
          ? <Empty title="Nothing is known yet">What is at fault shows here once nodes report.</Empty>
          : <Empty title="All is well">No device or node reports a fault.</Empty>
      ) : (
        <ul className={css.list}>
          {all.slice(0, SHOWN).map((item) => (
            <li key={`${item.device?.uuid ?? item.node?.hostName} ${item.title}`} className={css.item}>
              <Mark level={item.level} label={LEVEL_WORD[item.level]} />
              <div className={css.text}>
                <p className={css.what} title={`${subjectOf(item)} – ${item.title}`}>{subjectOf(item)} <span className={css.reason}>– {item.title}</span></p>
                <p className={css.remedy} title={item.remedy}>{item.remedy}</p>
              </div>
              <div className={css.right}>
                <span>{item.since == null ? "" : since(item.since, Date.parse(data.time))}</span>
                {item.device ? (
                  <Link to="/devices/$uuid" params={{ uuid: item.device.uuid }} aria-label={`Open device ${subjectOf(item)}`}>Open device</Link>
                ) : item.node ? (
                  <Link to="/nodes/$hostName" params={{ hostName: item.node.hostName }} aria-label={`Open node ${subjectOf(item)}`}>Open node</Link>
                ) : null}
              </div>
            </li>
          ))}
          {hints.slice(0, Math.max(0, SHOWN - all.length)).map((hint) => (
            <li key={`${hint.subject} ${hint.kind}`} className={css.item}>
              <Mark level="BALANCE" label={LEVEL_WORD.BALANCE} />
              <div className={css.text}>
                <p className={css.what} title={`${hint.subject} – ${hint.title}`}>{hint.subject} <span className={css.reason}>– {hint.title}</span></p>
                <p className={css.remedy} title={hint.remedy}>{hint.remedy}</p>
              </div>
              <div className={css.right}>
                <span>{hint.since === null ? "" : since(hint.since, Date.parse(data.time))}</span>
                {hint.kind === "left" ? <Link to="/jobs" search={{ user: [hint.subject] }} aria-label={`Jobs of ${hint.subject}`}>Jobs</Link> : <Link to="/balance" aria-label={`Balance ${hint.subject}`}>Balance</Link>}
              </div>
            </li>
          ))}
          {all.length > SHOWN && (
            <li className={css.more}>
              <Link to="/devices" search={{ health: ["CRITICAL", "WARNING", "UNKNOWN"], sort: ["health:desc"] }}>
                {count(all.length - SHOWN)} more
              </Link>
            </li>
          )}
        </ul>
      )}
    </Panel>
  );
}

interface Subject {
  node?: { hostName: string } | null;
  device?: { index: number; migProfile?: string | null } | null;
}

/** "h100-r14-02 · GPU 5", or the node alone. */
function subjectOf({ node, device }: Subject): string {
  return [node?.hostName, device && gpu(device)].filter(Boolean).join(" · ");
}
