/** One job beside the list: what it holds, where, whose it is, and what it waits for. */
import { Link } from "@tanstack/react-router";
import { graphql, useFragment, type FragmentType } from "../gql";
import { useFleet, useInventory } from "../live/Live";
import { useDocument } from "../session/graph";
import { count, fullMoment, gpu, percent, since, UNKNOWN, when } from "../ui/format";
import pane from "../ui/Pane.module.css";
import { CopyButton, Empty, Failed, Skeleton } from "../ui/Panel";
import { SidePane } from "../ui/SidePane";
import { useNow } from "../ui/useNow";
import { SOURCE_WORDS } from "./filters";
import { ranFor, waitingFor } from "./JobCells";
import css from "./Jobs.module.css";
import { Owner } from "./Owner";
import { useKnownPools } from "../pools/known";

const JobPaneDocument = graphql(`
  query JobPane($key: String!) {
    jobs(filter: { search: $key, states: [QUEUED, RUNNING, ENDED] }, first: 50) {
      edges { node { id key ...JobDetail } }
    }
  }
`);

const JobDetailFragment = graphql(`
  fragment JobDetail on Job {
    id
    key
    name
    state
    source
    owner
    user { id name }
    group { id name }
    pool { id name }
    requestedDevices
    submittedAt
    startedAt
    endedAt
    devices(first: 200, orderBy: { field: NODE }) {
      totalCount
      edges { node { id uuid index migProfile node { hostName } } }
    }
  }
`);

export function JobPane({ jobKey, close }: { jobKey: string; close: () => void }) {
  const { jobs } = useInventory();
  const live = [...jobs.values()].find((job) => job.key === jobKey);
  const { data, failure, retry } = useDocument(JobPaneDocument, { key: jobKey }, live ? `${live.state} ${live.heldDevices}` : "ended");
  const job = data?.jobs.edges.map((edge) => edge.node).find((node) => node.key === jobKey);
  if (job) return <Detail job={job} close={close} />;
  return (
    <SidePane label="Job" title={live?.name ?? jobKey} close={close}>
      {failure ? <Failed what="The job" failure={failure} retry={retry} />
        : data === undefined ? <Skeleton rows={5} rowHeight={24} />
        : <Empty title="This job is not known here">It may have ended more than 30 days ago, or be somebody else’s.</Empty>}
    </SidePane>
  );
}

function Detail({ job: masked, close }: { job: FragmentType<typeof JobDetailFragment>; close: () => void }) {
  const job = useFragment(JobDetailFragment, masked);
  const now = useNow();
  const free = useKnownPools()?.find((pool) => pool.id === job.pool?.id)?.load.free;
  const isWaiting = job.state === "QUEUED";
  const isOver = job.state === "ENDED";
  const state = isWaiting ? `Waiting ${since(job.submittedAt, now)}` : isOver ? `Ended, ran for ${ranFor(job.startedAt, job.endedAt)}` : `Running ${since(job.startedAt, now)}`;
  const at = (time: string | null | undefined) => time == null ? UNKNOWN : <span title={fullMoment(Date.parse(time))}>{when(time, now)}</span>;
  return (
    <SidePane
      label={`Job ${job.name}`}
      title={job.name}
      sub={[state, <>{SOURCE_WORDS[job.source]} <code>{job.key}</code> <CopyButton text={job.key} what="key" /></>]}
      close={close}
      testId="job-pane"
    >
      {isWaiting && <div className={pane.section}>It {waitingFor(job, free)}.</div>}
      <div className={pane.section}>
        <dl className={pane.facts}>
          <div><dt>User</dt><dd><Owner job={job} /></dd></div>
          <div><dt>Group</dt><dd>{job.group?.name ?? UNKNOWN}</dd></div>
          <div><dt>Pool</dt><dd>{job.pool ? <Link to="/devices" search={{ pool: [job.pool.name] }}>{job.pool.name}</Link> : UNKNOWN}</dd></div>
          <div><dt>Asked for</dt><dd>{count(job.requestedDevices)}</dd></div>
          <div><dt>Submitted</dt><dd>{at(job.submittedAt)}</dd></div>
          <div><dt>Started</dt><dd>{at(job.startedAt)}</dd></div>
          {isOver && <div><dt>Ended</dt><dd>{at(job.endedAt)}</dd></div>}
        </dl>
      </div>
      {!isWaiting && (
        <div className={pane.section}>
          <h3 className={css.heading}>{isOver ? "Held last" : "Holds"} {count(job.devices.totalCount)} {job.devices.totalCount === 1 ? "device" : "devices"}</h3>
          <ul className={css.devices} data-testid="job-devices">
            {job.devices.edges.map(({ node }) => (
              <li key={node.id}>
                <Link to="/devices/$uuid" params={{ uuid: node.uuid }}>{node.node.hostName} · {gpu(node)}</Link>
                {!isOver && <Used id={node.id} />}
              </li>
            ))}
          </ul>
          {job.devices.totalCount > job.devices.edges.length && (
            <p className={css.muted}>and {count(job.devices.totalCount - job.devices.edges.length)} more: <Link to="/devices" search={{ q: job.name }}>all of them</Link></p>
          )}
        </div>
      )}
    </SidePane>
  );
}

function Used({ id }: { id: string }) {
  const fleet = useFleet();
  const row = fleet.row(id);
  return <span>{percent(row === undefined || fleet.columns.isStale[row] ? null : fleet.columns.utilisation[row])}</span>;
}
