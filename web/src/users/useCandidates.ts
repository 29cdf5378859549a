/** Who may be taken on board, as the active backend answered: how it is called, when it was read, what failed. */
import { useState } from "react";
import { graphql } from "../gql";
import type { CandidatesQuery } from "../gql/graphql";
import { useDocument, type Failure } from "../session/graph";

const CandidatesDocument = graphql(`
  query Candidates($search: String, $isFresh: Boolean!) {
    onBoarding(search: $search, isFresh: $isFresh) {
      backend
      readAt
      problem
      isCut
      firstIsOperator
      hasGroups
      candidates(filter: { search: $search }, first: 500) {
        totalCount
        edges { node { name displayName subject knockedAt activeJobs endedJobs lastSeenAt } }
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
  /** Null: it never answered. */
  readAt: string | null;
  /** The backend does not answer: the list is that of `readAt`, or says nothing. */
  problem: string | null;
  /** Whoever comes first becomes an operator. */
  isFirst: boolean;
  hasGroups: boolean;
  failure: Failure | null;
  isLoading: boolean;
  refresh: () => void;
}

export function useCandidates(words: string): Candidates {
  const [isFresh, setFresh] = useState(false);
  const all = useDocument(CandidatesDocument, { search: null, isFresh });
  const every = all.data?.onBoarding;
  const isWhole = every?.isCut === false && every.candidates.edges.length === every.candidates.totalCount;
  // So many that not all came at once: then the server searches.
  const found = useDocument(CandidatesDocument, { search: isWhole || words === "" ? null : words, isFresh: isFresh && (isWhole || words === "") });
  const answer = isWhole ? all : found;
  const read = answer.data?.onBoarding ?? every;
  const people = answer.data?.onBoarding?.candidates.edges.map((edge) => edge.node);
  return {
    people: people?.filter(({ name, displayName }) => `${name}\n${displayName ?? ""}`.toLowerCase().includes(words)),
    total: answer.data?.onBoarding?.candidates.totalCount ?? 0,
    backend: read?.backend ?? null,
    readAt: read?.readAt ?? null,
    problem: read?.problem ?? null,
    isFirst: read?.firstIsOperator ?? false,
    hasGroups: read?.hasGroups ?? false,
    failure: answer.failure,
    isLoading: answer.isLoading,
    refresh: () => {
      // Asked anew, and not out of what the server keeps for a minute.
      if (isFresh) all.retry();
      else setFresh(true);
    },
  };
}
