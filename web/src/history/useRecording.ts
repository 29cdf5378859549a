/** The last hour of some devices, live: asked of the server once and again after an outage, never polled. */
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Client } from "urql";
import { graphql } from "../gql";
import type { KeptOfDevicesQuery } from "../gql/graphql";
import { useLive } from "../live/Live";
import { Recording, type Kept, type LiveMetric, type ReadKept } from "../live/recording";
import { describe, useBulkClient } from "../session/graph";

const KeptDocument = graphql(`
  query KeptOfDevices($ids: [ID!]!, $metrics: [HistoryMetric!]!, $since: DateTime!, $until: DateTime!, $points: Int!) {
    devices(filter: { ids: $ids }, first: 50) {
      edges {
        node {
          id
          history(metrics: $metrics, since: $since, until: $until, points: $points) {
            start
            bucketSeconds
            series { metric mean }
          }
        }
      }
    }
  }
`);

/** As many as one operation may ask for, and as many points as one of them may have. */
const DEVICES_AT_ONCE = 50;
const MOST_POINTS = 2000;
/** Whoever walks down a list by keys asks for the device that they stop at. */
const SETTLE_MS = 150;

/** `metrics` is the same array at every call. `bucketSeconds`: how fine what the server kept has to be. */
export function useRecording(deviceIds: readonly string[], metrics: readonly LiveMetric[], bucketSeconds: number): Recording {
  const client = useBulkClient();
  const { store } = useLive();
  const question = deviceIds.join(" ");
  const recording = useMemo(
    () => new Recording(question.split(" ").filter(Boolean), metrics, readerOf(client, bucketSeconds)),
    [client, question, metrics, bucketSeconds],
  );
  useEffect(() => {
    let stop: (() => void) | undefined;
    const timer = setTimeout(() => { stop = store.record(recording); }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      stop?.();
    };
  }, [store, recording]);
  useSyncExternalStore(recording.changed.subscribe, recording.changed.snapshot);
  return recording;
}

function readerOf(client: Client, bucketSeconds: number): ReadKept {
  return async (deviceIds, metrics, since, until) => {
    const kept: Kept[] = [];
    for (const [from, to] of pieces(since, until, bucketSeconds * MOST_POINTS)) {
      for (let first = 0; first < deviceIds.length; first += DEVICES_AT_ONCE) {
        const { data, error } = await client.query(KeptDocument.toString(), {
          ids: deviceIds.slice(first, first + DEVICES_AT_ONCE),
          metrics: [...metrics],
          since: moment(from),
          until: moment(to),
          points: Math.ceil((to - from) / bucketSeconds),
        }).toPromise();
        if (error) return { failure: describe(error) };
        kept.push(...keptOf(data as KeptOfDevicesQuery));
      }
    }
    return { kept };
  };
}

const keptOf = (data: KeptOfDevicesQuery): Kept[] =>
  data.devices.edges.flatMap(({ node: { id, history } }) =>
    (history?.series ?? []).map(({ metric, mean }) => ({
      deviceId: id,
      metric,
      start: Date.parse(history!.start) / 1000,
      bucketSeconds: history!.bucketSeconds,
      means: mean,
    })));

const moment = (second: number): string => new Date(second * 1000).toISOString();

/** The stretch in pieces of equal length, none longer than `longest`. */
function pieces(since: number, until: number, longest: number): [number, number][] {
  const n = Math.max(1, Math.ceil((until - since) / longest));
  const length = Math.ceil((until - since) / n);
  return Array.from({ length: n }, (_, i) => [since + i * length, Math.min(until, since + (i + 1) * length)]);
}
