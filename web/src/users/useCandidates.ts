/** Who may be taken on board, as the active backend answered: how it is called, when it was read, what failed. */
import { graphql } from "../gql";
import type { CandidatesQuery } from "../gql/graphql";
import { useDocument, type Failure } from "../session/graph";

const CandidatesDocument = graphql(`
  query Candidates($search: String) {
    onBoarding {
      backend
      readAt
      problem
      candidates(filter: { search: $search }, first: 500) {
        totalCount
        edges { node { name activeJobs endedJobs lastSeenAt } }
      }
    }
  }
`);

export type Candidate = NonNullable<CandidatesQuery["onBoarding"]>["candidates"]["edges"][number]["node"];

export interface Candidates {
  /** Undefined before the first answer. */
  people: readonly Candidate[] | undefined;
  /** With those whom the answer left out because there are so many. */
  total: number;
  backend: string | null;
  readAt: string | null;
  /** The backend does not answer: then the list says nothing. */
  problem: string | null;
  failure: Failure | null;
  isLoading: boolean;
  refresh: () => void;
}

export function useCandidates(words: string): Candidates {
  const all = useDocument(CandidatesDocument, { search: null });
  const isWhole = all.data?.onBoarding?.candidates.edges.length === all.data?.onBoarding?.candidates.totalCount;
  // So many that not all came at once: then the server searches.
  const found = useDocument(CandidatesDocument, { search: isWhole || words === "" ? null : words });
  const answer = isWhole ? all : found;
  const read = answer.data?.onBoarding ?? all.data?.onBoarding;
  const people = answer.data?.onBoarding?.candidates.edges.map((edge) => edge.node);
  return {
    people: people?.filter(({ name }) => name.toLowerCase().includes(words)),
    total: answer.data?.onBoarding?.candidates.totalCount ?? 0,
    backend: read?.backend ?? null,
    readAt: read?.readAt ?? null,
    problem: read?.problem ?? null,
    failure: answer.failure,
    isLoading: answer.isLoading,
    refresh: answer.retry,
  };
}
