/** The log of health changes of the whole cluster, newest first, by level, node or device. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { graphql } from "../gql";
import { useInventory, useLive } from "../live/Live";
import { useDocument } from "../session/graph";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { count } from "../ui/format";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { EventLines } from "./EventLines";

const EventListDocument = graphql(`
  query EventList($filter: HealthEventFilter, $first: Int!) {
    healthEvents(filter: $filter, first: $first) {
      totalCount
      pageInfo { hasNextPage }
      edges { node { id ...EventLine } }
    }
  }
`);

const NewEventsDocument = graphql(`
  subscription NewEvents {
    healthEvents { isSnapshot events { id } }
  }
`);

const PAGE = 50;
const LEVELS = [
  ["ALL", "All levels"],
  ["CRITICAL", "Critical"],
  ["WARNING", "Warning"],
  ["UNKNOWN", "Unknown"],
  ["OK", "Back to OK"],
] as const;

export function EventList() {
  const { level, node, device } = useSearch({ from: "/app/events" });
  const navigate = useNavigate({ from: "/events" });
  const { connection } = useLive();
  const { devices, nodes } = useInventory();
  const [first, setFirst] = useState(PAGE);
  const deviceId = [...devices.values()].find((d) => d.uuid === device)?.id;
  const nodeId = [...nodes.values()].find((n) => n.hostName === node)?.id;
  const filter = {
    ...(level && { levels: level }),
    ...(deviceId && { devices: [deviceId] }),
    ...(nodeId && { nodes: [nodeId] }),
  };
  const answer = useDocument(EventListDocument, { filter, first });
  const { retry } = answer;
  useEffect(
    () => connection.subscribe(NewEventsDocument.toString(), {}, {
      next: (data) => {
        if (!(data as { healthEvents: { isSnapshot: boolean } }).healthEvents.isSnapshot) retry();
      },
      failed: () => undefined,
    }),
    [connection, retry],
  );
  const list = answer.data?.healthEvents;
  const isFiltered = level !== undefined || node !== undefined || device !== undefined;
  return (
    <Screen
      title="Health events"
      note={list && count(list.totalCount)}
      aside={
        <>
          {(node ?? device) !== undefined && <span>of {node ?? device}</span>}
          <Choice label="Level" options={LEVELS} value={level?.[0] ?? "ALL"}
            onChange={(next) => void navigate({ search: (old) => ({ ...old, level: next === "ALL" ? undefined : [next] }) })} />
          {isFiltered && <Action kind="link" onPress={() => void navigate({ search: {} })}>Clear</Action>}
        </>
      }
    >
      <Panel title="Newest first">
        {answer.failure && !list ? <Failed what="The events" failure={answer.failure} retry={retry} />
          : !list ? <Skeleton rows={12} rowHeight={28} />
          : list.edges.length === 0 && isFiltered ? <Empty title="No event matches" action={<Action onPress={() => void navigate({ search: {} })}>Clear filters</Action>} />
          : <EventLines events={list.edges.map((edge) => edge.node)} hasPlace />}
      </Panel>
      {list?.pageInfo.hasNextPage && <div><Action onPress={() => setFirst(first + PAGE)}>Show {PAGE} more</Action></div>}
    </Screen>
  );
}
