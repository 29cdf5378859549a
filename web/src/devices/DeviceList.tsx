/** All devices of the cluster: filtered, sorted and selected in the address, live in place. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useRef } from "react";
import { MOST_COMPARED } from "../history/search";
import { useInventory, useLive } from "../live/Live";
import { Nothing } from "../session/Own";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { count } from "../ui/format";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { Icon } from "../ui/Icon";
import { Screen } from "../ui/Screen";
import { useTicked } from "../ui/useTicked";
import { DeviceGrid } from "./DeviceGrid";
import { DevicePane } from "./DevicePane";
import { FilterBar } from "./FilterBar";
import { type DeviceSearch, hasFilters } from "./filters";
import { DEFAULT_SORT } from "./sorting";
import { useDeviceOrder } from "./useDeviceOrder";
import { useRowHeight } from "./rowHeight";

export function DeviceList() {
  const search = useSearch({ from: "/app/devices" });
  const navigate = useNavigate({ from: "/devices" });
  const { connection } = useLive();
  const { devices, failures } = useInventory();
  const { sort = DEFAULT_SORT, device: selected, ...filters } = search;
  const order = useDeviceOrder(filters, sort);
  const [density, setDensity, rowHeight] = useRowHeight();
  const change = (next: Partial<DeviceSearch>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const clear = () => void navigate({ search: { sort: search.sort, device: selected } });
  const ticked = useTicked(order.ids);
  const latest = useRef(ticked);
  useEffect(() => { latest.current = ticked; });
  const toggle = useCallback((id: string) => latest.current.toggle(id), []);
  const toggleAll = useCallback(() => latest.current.toggleAll(), []);
  const tooMany = ticked.ids.size > MOST_COMPARED;
  const compare = () => void navigate({ to: "/history", search: { device: [...ticked.ids].flatMap((id) => devices.get(id)?.uuid ?? []) } });
  const failure = failures.get("devices");
  const isFiltered = hasFilters(filters);
  const total = count(devices.size);

  return (
    <div className={pane.split}>
      <div className={pane.list}>
        <Screen
          title="Devices"
          isFilling
          note={devices.isLoaded ? (isFiltered ? `${count(order.ids.length)} of ${total}` : total) : undefined}
          aside={
            <>
              {ticked.ids.size > 0 && (
                <>
                  <span id="compared">{tooMany ? `${MOST_COMPARED} can be compared, ${count(ticked.ids.size)} are chosen` : `${count(ticked.ids.size)} chosen`}</span>
                  <Action isDisabled={tooMany} describedBy="compared" onPress={compare}><Icon name="history" size={14} /> Compare history</Action>
                </>
              )}
              <Choice label="Row height" value={density} onChange={setDensity}
                options={[["compact", "Rows 26"], ["normal", "Rows 32"], ["comfortable", "Rows 40"]]} />
            </>
          }
        >
          <FilterBar filters={filters} change={change} clear={clear} />
          <div className={pane.panel}>
            {failure !== undefined && !devices.isLoaded ? (
              <Failed what="The devices" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
            ) : !devices.isLoaded ? (
              <Skeleton rows={18} rowHeight={rowHeight} />
            ) : order.ids.length === 0 && isFiltered ? (
              <Empty title={`0 of ${total} match`} action={<Action onPress={clear}>Clear filters</Action>} />
            ) : order.ids.length === 0 ? (
              <Nothing title="No device yet" of="devices">No collector has reported a GPU. Start one on a node: it appears here by itself.</Nothing>
            ) : (
              <DeviceGrid
                order={order}
                sort={sort}
                rowHeight={rowHeight}
                selected={selected}
                ticked={ticked.ids}
                onToggle={toggle}
                onToggleAll={toggleAll}
                onSort={(next) => change({ sort: next })}
                onOpen={(uuid) => change({ device: uuid })}
              />
            )}
          </div>
        </Screen>
      </div>
      {selected !== undefined && <DevicePane uuid={selected} close={() => change({ device: undefined })} />}
    </div>
  );
}
