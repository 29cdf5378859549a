/** The heat map with its switches, its legend and its twin as a table. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useInventory, useLive } from "../live/Live";
import { Nothing } from "../session/Own";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { Icon } from "../ui/Icon";
import { Failed, Panel, Skeleton } from "../ui/Panel";
import { Segments } from "../ui/Segments";
import css from "./HeatMap.module.css";
import { HeatMap } from "./HeatMap";
import type { HeatGroup, HeatMetric, HeatSearch } from "./heatSearch";
import { HeatTable } from "./HeatTable";
import { Legend } from "./Legend";

const METRICS: readonly [HeatMetric, string][] = [
  ["used", "Used"],
  ["memory", "Memory"],
  ["temperature", "Temperature"],
  ["power", "Power"],
  ["allocation", "Allocation"],
];
const GROUPS: readonly [HeatGroup, string][] = [
  ["pool", "Pool"],
  ["node", "Node"],
  ["type", "Type"],
];
const MAP_HEIGHT = 296;

export function HeatMapPanel() {
  const { metric = "used", by = "pool", view } = useSearch({ from: "/app/" });
  const navigate = useNavigate({ from: "/" });
  const { connection } = useLive();
  const { devices, failures } = useInventory();
  const change = (next: Partial<HeatSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const failure = failures.get("devices") ?? failures.get("fleet");

  return (
    <Panel
      title="Devices by node"
      isLive
      note={
        <span className={css.controls}>
          <Segments label="Shown on the map" options={METRICS} value={metric} onChange={(value) => change({ metric: value })} />
          <span>by</span>
          <Choice label="Group the map by" options={GROUPS} value={by} onChange={(value) => change({ by: value })} />
        </span>
      }
      aside={
        <>
          {view !== "table" && <Legend metric={metric} />}
          <Action kind="icon" label={view === "table" ? "As a map" : "As a table"} onPress={() => change({ view: view === "table" ? undefined : "table" })}>
            <Icon name={view === "table" ? "grid" : "table"} />
          </Action>
        </>
      }
    >
      {failure !== undefined && !devices.isLoaded ? (
        <Failed what="The devices" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
      ) : !devices.isLoaded ? (
        <Skeleton rows={8} rowHeight={38} />
      ) : devices.size === 0 ? (
        <Nothing title="No device yet" of="devices">No collector has reported a GPU. Start one on a node: it appears here by itself.</Nothing>
      ) : view === "table" ? (
        <HeatTable by={by} />
      ) : (
        <HeatMap metric={metric} by={by} height={MAP_HEIGHT} />
      )}
    </Panel>
  );
}
