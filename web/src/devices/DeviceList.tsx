/** All devices of the cluster: filtered, sorted and selected in the address, live in place. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useInventory, useLive } from "../live/Live";
import { Nothing } from "../session/Own";
import { Action } from "../ui/Action";
import { Choice } from "../ui/Choice";
import { count } from "../ui/format";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
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
          aside={<Choice label="Row height" value={density} onChange={setDensity}
            options={[["compact", "Rows 26"], ["normal", "Rows 32"], ["comfortable", "Rows 40"]]} />}
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
