/** Reads the history of one question; what is shown stays until the next answer is here. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Client, CombinedError } from "urql";
import { graphql } from "../gql";
import type { HistoryMetric, HistorySource } from "../gql/graphql";
import { describe, useBulkClient, type Failure } from "../session/graph";
import { lengthIn, type Column, type History } from "./model";
import type { Stretch } from "./ranges";

const OfDevicesDocument = graphql(`
  query HistoryOfDevices($ids: [ID!]!, $metrics: [HistoryMetric!]!, $since: DateTime!, $until: DateTime!, $points: Int!, $isOne: Boolean!) {
    devices(filter: { ids: $ids }, first: 8) {
      edges {
        node {
          id
          history(metrics: $metrics, since: $since, until: $until, points: $points) {
            start
            bucketSeconds
            source
            series { metric mean minimum @include(if: $isOne) maximum @include(if: $isOne) }
          }
        }
      }
    }
  }
`);

const OfNodeDocument = graphql(`
  query HistoryOfNode($name: String!, $metrics: [HistoryMetric!]!, $since: DateTime!, $until: DateTime!, $points: Int!) {
    clusterNode(hostName: $name) {
      id
      history(metrics: $metrics, since: $since, until: $until, points: $points) {
        start
        bucketSeconds
        source
        series { metric mean minimum maximum total }
      }
    }
  }
`);

const OfPoolDocument = graphql(`
  query HistoryOfPool($name: String!, $metrics: [HistoryMetric!]!, $since: DateTime!, $until: DateTime!, $points: Int!) {
    pool(name: $name) {
      id
      history(metrics: $metrics, since: $since, until: $until, points: $points) {
        start
        bucketSeconds
        source
        series { metric mean minimum maximum total }
      }
    }
  }
`);

export type Whose = { kind: "devices"; ids: string[] } | { kind: "node" | "pool"; name: string };

interface Question extends Stretch {
  whose: Whose;
  metrics: HistoryMetric[];
  points: number;
}

interface Told {
  id: string;
  history?: {
    start: string;
    bucketSeconds: number;
    source: HistorySource;
    series: readonly { metric: HistoryMetric; mean: Column; minimum?: Column; maximum?: Column; total?: Column }[];
  } | null;
}

export interface HistoryAnswer {
  /** Undefined before the first answer; null if there is no such thing. */
  history: History | null | undefined;
  failure: Failure | null;
  isLoading: boolean;
  retry: () => void;
}

/** The newest seconds are not settled at the server, which leaves them out. */
const SETTLING_SECONDS = 2;

/** Null asks nothing. `asOf` asks the same anew when it changes. */
export function useHistory(question: Question | null, asOf: number | string): HistoryAnswer {
  const client = useBulkClient();
  const asked = question === null ? null : JSON.stringify(question);
  const [tries, setTries] = useState(0);
  const [state, setState] = useState<{ asked: string | null; history: History | null | undefined; failure: Failure | null }>({ asked: null, history: undefined, failure: null });
  const turn = `${asked} ${asOf} ${tries}`;
  const [answered, setAnswered] = useState<string | null>(null);
  useEffect(() => {
    if (asked === null) return;
    let isCurrent = true;
    const wanted = JSON.parse(asked) as Question;
    void ask(client, wanted).then(({ told, error }) => {
      if (!isCurrent) return;
      setAnswered(turn);
      if (error) setState((old) => ({ ...old, asked, failure: describe(error) }));
      else setState({ asked, history: told === null ? null : historyOf(told, wanted), failure: null });
    });
    return () => { isCurrent = false; };
  }, [client, asked, turn]);
  const retry = useCallback(() => setTries((n) => n + 1), []);
  return useMemo(
    () => ({ history: state.history, failure: state.failure, isLoading: asked !== null && answered !== turn, retry }),
    [state, asked, answered, turn, retry],
  );
}

async function ask(client: Client, { whose, metrics, from, to, points }: Question): Promise<{ told: readonly Told[] | null; error: CombinedError | undefined }> {
  const when = { metrics, since: moment(from), until: moment(to), points };
  if (whose.kind === "devices") {
    const { data, error } = await client.query(OfDevicesDocument.toString(), { ids: whose.ids, isOne: whose.ids.length === 1, ...when }).toPromise();
    const found = new Map((data as { devices?: { edges: { node: Told }[] } } | undefined)?.devices?.edges.map(({ node }) => [node.id, node]));
    return { told: whose.ids.flatMap((id) => found.get(id) ?? []), error };
  }
  const document = whose.kind === "node" ? OfNodeDocument : OfPoolDocument;
  const { data, error } = await client.query(document.toString(), { name: whose.name, ...when }).toPromise();
  const one = Object.values((data as Record<string, Told | null> | undefined) ?? {}).find((value) => value !== null && typeof value === "object");
  return { told: one == null ? null : [one], error };
}

function historyOf(told: readonly Told[], { from, to }: Question): History {
  const first = told.find(({ history }) => history != null)?.history;
  const history: History = {
    start: first == null ? from : Date.parse(first.start) / 1000,
    bucketSeconds: first?.bucketSeconds ?? 1,
    source: first?.source ?? "RECENT",
    coveredTo: 0,
    lines: told.map(({ id, history: one }) => ({
      id,
      values: new Map((one?.series ?? []).map(({ metric, mean, minimum = mean, maximum = mean, total = mean }) =>
        [metric, { mean: [...mean], minimum: [...minimum], maximum: [...maximum], total: [...total] }])),
    })),
  };
  history.coveredTo = Math.min(to - SETTLING_SECONDS, history.start + lengthIn(history) * history.bucketSeconds);
  return history;
}

const moment = (second: number): string => new Date(second * 1000).toISOString();
