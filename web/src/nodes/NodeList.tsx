/** The machines of the cluster: how much of each is given away, computes, and how its host is. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { DeviceInfo } from "../live/documents";
import { useInventory, useLive } from "../live/Live";
import { sum } from "../live/sums";
import { useFrozenOrder } from "../live/useFrozenOrder";
import { Nothing } from "../session/Own";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { FilterField } from "../ui/FilterField";
import { count } from "../ui/format";
import { Cell, Grid } from "../ui/Grid";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { NODE_COLUMNS, NodeCells } from "./NodeCells";
import { arrangeNodes, SORT_WORDS } from "./order";
import { NODE_SORTS, NODE_STATES, type NodeSearch } from "./search";
import { STATE_WORDS } from "./state";

const SORTS = NODE_SORTS.map((sort) => [sort, SORT_WORDS[sort]] as const);
const STATES = [["ALL", "All states"], ...NODE_STATES.map((state) => [state, STATE_WORDS[state]] as const)] as const;
const NONE: readonly DeviceInfo[] = [];

export function NodeList() {
  const { q, state, sort = "health:desc" } = useSearch({ from: "/app/nodes" });
  const navigate = useNavigate({ from: "/nodes" });
  const { connection, store } = useLive();
  const { nodes, devices, failures } = useInventory();
  const devicesOf = useDevicesByNode();
  const change = (next: Partial<NodeSearch>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const order = useFrozenOrder(JSON.stringify([q, state, sort, nodes.isLoaded, devices.isLoaded]), () =>
    arrangeNodes(nodes.values(), { q, state }, sort, (node) => sum(store.fleet, (devicesOf.get(node.id) ?? NONE).map((device) => device.id))));
  const failure = failures.get("nodes");
  const isFiltered = q !== undefined || state !== undefined;

  return (
    <Screen title="Nodes" isFilling note={nodes.isLoaded ? (isFiltered ? `${count(order.ids.length)} of ${count(nodes.size)}` : count(nodes.size)) : undefined}
      aside={
        <>
          <FilterField label="Node name" value={q ?? ""} onChange={(text) => change({ q: text || undefined })} />
          <Choice label="State" options={STATES} value={state?.[0] ?? "ALL"} onChange={(next) => change({ state: next === "ALL" ? undefined : [next] })} />
          <Choice label="Order" options={SORTS} value={sort} onChange={(next) => change({ sort: next })} />
        </>
      }>
      <Panel title="Machines" isLive className={pane.panel}>
        {failure !== undefined && !nodes.isLoaded ? <Failed what="The nodes" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
          : !nodes.isLoaded ? <Skeleton rows={16} rowHeight={32} />
          : order.ids.length === 0 && isFiltered ? <Empty title={`0 of ${count(nodes.size)} match`} action={<Action onPress={() => change({ q: undefined, state: undefined })}>Clear filters</Action>} />
          : order.ids.length === 0 ? <Nothing title="No node yet" of="nodes">Start a collector on a machine: it appears here by itself.</Nothing>
          : (
            <Grid
              label="Nodes"
              columns={NODE_COLUMNS}
              minWidth={1184}
              rowHeight={32}
              ids={order.ids}
              state={(id) => ({ isOld: nodes.get(id)?.isStale ?? true })}
              onOpen={(id) => {
                const node = nodes.get(id);
                if (node) void navigate({ to: "/nodes/$hostName", params: { hostName: node.hostName } });
              }}
              note={SORT_WORDS[sort].toLowerCase()}
              moves={order.moves}
              sortAgain={order.sortAgain}
              renderCells={(id) => {
                const node = nodes.get(id);
                return node ? <NodeCells node={node} devices={devicesOf.get(id) ?? NONE} /> : <Cell kind="muted">No longer in the cluster</Cell>;
              }}
            />
          )}
      </Panel>
    </Screen>
  );
}

function useDevicesByNode(): ReadonlyMap<string, readonly DeviceInfo[]> {
  const { devices, version } = useInventory();
  return useMemo(() => {
    const map = new Map<string, DeviceInfo[]>();
    for (const device of devices.values()) {
      const of = map.get(device.node.id);
      if (of) of.push(device);
      else map.set(device.node.id, [device]);
    }
    return map;
    // oxlint-disable-next-line react/exhaustive-deps
  }, [devices, version]);
}
