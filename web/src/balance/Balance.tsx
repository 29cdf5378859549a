/** Load balancing (DASH-2): who waits, what is held for nothing, where the load is, and the way to move. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCluster, useInventory, useIsOperator } from "../live/Live";
import { MoveDevices } from "../pools/MoveDevices";
import { usePools } from "../pools/usePools";
import { Screen } from "../ui/Screen";
import { IdleHeld } from "./IdleHeld";
import { LoadPanel } from "./LoadPanel";
import type { BalanceSearch } from "./search";
import { Waiting } from "./Waiting";

const LOAD_ROWS = 12;

export function Balance() {
  const { load = "pool", popup, device, to } = useSearch({ from: "/app/balance" });
  const navigate = useNavigate({ from: "/balance" });
  const cluster = useCluster();
  const { devices } = useInventory();
  const isOperator = useIsOperator();
  const { list: pools } = usePools();
  const change = (next: BalanceSearch, isReplaced: boolean) => void navigate({ search: (old) => ({ ...old, ...next }), replace: isReplaced });
  const close = () => change({ popup: undefined, device: undefined, to: undefined }, true);
  return (
    <Screen title="Load balancing">
      <Waiting pools={pools} onMove={(uuids, target) => change({ popup: "move", device: [...uuids], to: target }, false)} />
      <IdleHeld onMove={(uuids) => change({ popup: "move", device: [...uuids], to: undefined }, false)} />
      <LoadPanel cluster={cluster} by={load} onBy={(by) => change({ load: by }, true)} rows={LOAD_ROWS} canShowMore />
      {popup === "move" && isOperator && pools !== null && devices.isLoaded && (
        <MoveDevices pools={pools} uuids={device ?? []} to={to} close={close} onMoved={close} />
      )}
    </Screen>
  );
}
