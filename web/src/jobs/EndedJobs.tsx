/** The jobs that are over, read page by page. */
import { Link } from "@tanstack/react-router";
import { graphql } from "../gql";
import type { EndedJobsQuery, JobFilter, JobOrder } from "../gql/graphql";
import { useGroups } from "../groups/live";
import { useInventory } from "../live/Live";
import { Nothing } from "../session/Own";
import { usePages } from "../session/usePages";
import { Action } from "../ui/Action";
import { count, UNKNOWN, when } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { useNow } from "../ui/useNow";
import { useUsers } from "../users/live";
import { ENDED_ORDER_WORDS, hasFilters, matchesJob, type JobLine } from "./filters";
import { Places, ranFor } from "./JobCells";
import css from "./Jobs.module.css";
import { Owner } from "./Owner";
import { useKnownPools } from "../pools/known";
import type { EndedOrder, JobFilters } from "./search";

const EndedJobsDocument = graphql(`
  query EndedJobs($filter: JobFilter, $orderBy: JobOrder, $first: Int!, $after: String) {
    jobs(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges {
        node {
          id
          key
          name
          state
          source
          owner
          user { id name }
          group { id name }
          pool { id name }
          nodes { id hostName }
          devices(first: 1) { totalCount }
          startedAt
          endedAt
        }
      }
    }
  }
`);

type EndedJob = EndedJobsQuery["jobs"]["edges"][number]["node"];

const PAGE = 100;
const jobsOf = (data: EndedJobsQuery) => data.jobs;
const COLUMNS: readonly Column[] = [
  { key: "name", head: "Job", width: "minmax(150px, 1.2fr)" },
  { key: "owner", head: "User", width: "minmax(186px, 1fr)" },
  { key: "group", head: "Group", width: "minmax(80px, 0.7fr)" },
  { key: "pool", head: "Pool", width: "minmax(80px, 0.7fr)" },
  { key: "devices", head: "Devices", width: "72px", isNumber: true },
  { key: "nodes", head: "Nodes", width: "minmax(110px, 0.8fr)" },
  { key: "started", head: "Started", width: "88px", isNumber: true },
  { key: "ended", head: "Ended", width: "88px", isNumber: true },
  { key: "ran", head: "Ran for", width: "84px", isNumber: true },
];

const ORDERS: Record<EndedOrder, JobOrder> = {
  ended: { field: "ENDED_AT", direction: "DESC" },
  started: { field: "STARTED_AT", direction: "DESC" },
  name: { field: "NAME", direction: "ASC" },
};

interface EndedJobsProps {
  filters: JobFilters;
  order: EndedOrder;
  selected: string | undefined;
  onOpen: (key: string) => void;
  clear: () => void;
}

export function EndedJobs(props: EndedJobsProps) {
  const filter = useServerFilter(props.filters);
  return filter === null ? <Skeleton rows={14} rowHeight={32} /> : <EndedList {...props} filter={filter} />;
}

function EndedList({ filter, filters, order, selected, onOpen, clear }: EndedJobsProps & { filter: JobFilter }) {
  const pages = usePages(EndedJobsDocument, { filter, orderBy: ORDERS[order], first: PAGE }, jobsOf);
  // The server searches one text: several words are sorted out here.
  const jobs = pages.items?.filter((job) => matchesJob(job as JobLine, filters)) ?? [];
  const now = useNow();
  if (pages.failure && !pages.items) return <Failed what="The ended jobs" failure={pages.failure} retry={pages.again} />;
  if (!pages.items) return <Skeleton rows={14} rowHeight={32} />;
  const more = pages.hasMore && (
    <Action kind="link" isDisabled={pages.isLoading} onPress={pages.more}>{pages.isLoading ? "Reading…" : `Show ${count(Math.min(PAGE, pages.total - pages.items.length))} more`}</Action>
  );
  if (jobs.length === 0) {
    return hasFilters({ ...filters, state: undefined })
      ? <Empty title="No ended job matches" action={<><Action onPress={clear}>Clear filters</Action>{more}</>}>Ended jobs are kept for 30 days.</Empty>
      : <Nothing title="No job has ended yet" of="ended jobs">Ended jobs are kept for 30 days.</Nothing>;
  }
  const byId = new Map(jobs.map((job) => [job.id, job]));
  return (
    <Grid
      label="Ended jobs"
      columns={COLUMNS}
      minWidth={900}
      rowHeight={32}
      ids={jobs.map((job) => job.id)}
      state={(id) => ({ isSelected: selected !== undefined && byId.get(id)?.key === selected })}
      onOpen={(id) => onOpen(byId.get(id)?.key ?? "")}
      isFollowing={selected !== undefined}
      note={<>{ENDED_ORDER_WORDS[order].toLowerCase()}{pages.hasMore && <> · {count(pages.items.length)} of {count(pages.total)} read</>}</>}
      aside={more}
      renderCells={(id) => {
        const job = byId.get(id);
        return job && <EndedCells job={job} now={now} />;
      }}
    />
  );
}

function EndedCells({ job, now }: { job: EndedJob; now: number }) {
  return (
    <>
      <Cell kind="name" title={job.name}>{job.name}</Cell>
      <Cell><Owner job={job} /></Cell>
      <Cell>{job.group?.name ?? <span className={css.muted}>{UNKNOWN}</span>}</Cell>
      <Cell>{job.pool ? <Link to="/devices" search={{ pool: [job.pool.name] }}>{job.pool.name}</Link> : <span className={css.muted}>{UNKNOWN}</span>}</Cell>
      <Cell kind="number">{count(job.devices.totalCount)}</Cell>
      <Cell><Places job={job} /></Cell>
      <Cell kind="number" title={job.startedAt ?? undefined}>{when(job.startedAt, now)}</Cell>
      <Cell kind="number" title={job.endedAt ?? undefined}>{when(job.endedAt, now)}</Cell>
      <Cell kind="number">{ranFor(job.startedAt, job.endedAt)}</Cell>
    </>
  );
}

/** The same filters by ids, as the server takes them; null while the ids are not known yet. */
function useServerFilter(filters: JobFilters): JobFilter | null {
  const users = useUsers().items;
  const groups = useGroups().items;
  const { nodes } = useInventory();
  const pools = useKnownPools();
  if ((filters.user && !users.isLoaded) || (filters.group && !groups.isLoaded) || (filters.node && !nodes.isLoaded) || (filters.pool && !pools)) return null;
  const idsOf = (names: string[] | undefined, all: Iterable<{ id: string; name: string }>) =>
    names && [...all].filter((one) => names.includes(one.name)).map((one) => one.id);
  const userIds = idsOf(filters.user, users.values());
  const areOnBoard = userIds?.length === filters.user?.length;
  return {
    states: ["ENDED"],
    sources: filters.source ?? null,
    // The jobs of a user run under the user's name, as those of an owner who is not on board.
    users: areOnBoard ? (userIds ?? null) : null,
    owners: areOnBoard ? null : (filters.user ?? null),
    groups: idsOf(filters.group, groups.values()) ?? null,
    pools: idsOf(filters.pool, pools ?? []) ?? null,
    nodes: idsOf(filters.node, [...nodes.values()].map(({ id, hostName }) => ({ id, name: hostName }))) ?? null,
    search: filters.q?.split(/\s+/)[0] ?? null,
  };
}
