/** The jobs that are over, read page by page: the latest end first. */
import { graphql } from "../gql";
import type { EndedJobsQuery, JobFilter } from "../gql/graphql";
import { useCluster, useInventory } from "../live/Live";
import { usePages } from "../session/usePages";
import { useGroups } from "../groups/live";
import { useUsers } from "../users/live";
import { Action } from "../ui/Action";
import { count, UNKNOWN, when } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { useNow } from "../ui/useNow";
import { useFragment } from "../gql";
import { hasFilters, matchesJob } from "./filters";
import { Places, ranFor } from "./JobCells";
import css from "./Jobs.module.css";
import { Owner } from "./Owner";
import type { JobFilters } from "./search";

const EndedJobsDocument = graphql(`
  query EndedJobs($filter: JobFilter, $first: Int!, $after: String) {
    jobs(filter: $filter, orderBy: { field: STARTED_AT, direction: DESC }, first: $first, after: $after) {
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
