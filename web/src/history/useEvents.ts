/** The changes of health of what a view shows, as lines for its charts and as a list. */
import { useMemo } from "react";
import { graphql } from "../gql";
import { useLive } from "../live/Live";
import { useDocument } from "../session/graph";
import { gpu } from "../ui/format";
import type { Stretch } from "./ranges";
import type { Subject } from "./subject";
import type { DrawnEvent } from "./TimeChart";

const EventsDocument = graphql(`
  query HistoryEvents($filter: HealthEventFilter!) {
    healthEvents(filter: $filter, first: 100) {
      edges {
        node {
          id
          time
          level
          title
          device { index migProfile node { hostName } }
          ...EventLine
        }
      }
    }
  }
`);

/** Of more, the lines would hide what they are about. */
const MOST_DEVICES = 64;

export function useEvents(subject: Subject) {
  const { store } = useLive();
  const { whose, devices, parts } = subject;
  const nodeId = whose.kind === "node" ? [...store.nodes.values()].find((node) => node.hostName === whose.name)?.id : undefined;
  const ids = devices.map((device) => device.id);
  const filter = nodeId !== undefined ? { nodes: [nodeId] } : { devices: ids.length <= MOST_DEVICES ? ids : [] };
  const answer = useDocument(EventsDocument, { filter }, devices.map((device) => device.health.since).join());
  const hasPlace = parts.length > 1 || whose.kind !== "devices";
  const events = useMemo(
    () => (answer.data?.healthEvents.edges ?? []).map(({ node }) => ({
      node,
      drawn: { time: Date.parse(node.time) / 1000, level: node.level, title: hasPlace && node.device ? `${placeOf(node.device, whose.kind)}: ${node.title}` : node.title } satisfies DrawnEvent,
    })),
    [answer.data, hasPlace, whose.kind],
  );
  return { events, failure: answer.failure, retry: answer.retry, hasPlace, isTooMany: nodeId === undefined && ids.length > MOST_DEVICES };
}

const placeOf = (device: { index: number; migProfile?: string | null; node: { hostName: string } }, kind: string): string =>
  kind === "node" ? gpu(device) : `${device.node.hostName} ${gpu(device)}`;

export const inStretch = ({ time }: DrawnEvent, { from, to }: Stretch): boolean => time >= from && time <= to;
