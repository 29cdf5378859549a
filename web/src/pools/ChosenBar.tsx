/** The foot of the devices: what is chosen and where it can go, or what the cell under the pointer is. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useFleet, useInventory } from "../live/Live";
import type { DeviceInfo } from "../live/documents";
import { ALLOCATION } from "../live/fleet";
import { Action } from "../ui/Action";
import action from "../ui/Action.module.css";
import { gpu, percent, plural, shortType } from "../ui/format";
import { Icon } from "../ui/Icon";
import segments from "../ui/Segments.module.css";
import { countByType, isHeld } from "./blocks";
import css from "./PoolDevices.module.css";
import { whyNotTo } from "./targets";
import type { PoolInfo } from "./usePools";

interface ChosenBarProps {
  devices: readonly DeviceInfo[];
  pointed: string | null;
  pools: readonly PoolInfo[];
  clear: () => void;
  onMove: (to: PoolInfo) => void;
  onCreate: () => void;
}

export function ChosenBar({ devices, pointed, pools, clear, onMove, onCreate }: ChosenBarProps) {
  const types = countByType(devices);
  const canCreate = devices.length > 0 && types.length === 1 && devices.every((device) => device.pool.isDefault);
  return (
    <footer className={css.bar} {...(devices.length > 0 && { "data-chosen": "" })}>
      {devices.length > 0 && (
        <>
          <span data-testid="chosen"><b>{plural(devices.length, "GPU")} chosen</b> <span className={css.typeNote}>{types.map((type) => `${type.count} × ${shortType(type.name)}`).join(", ")}</span></span>
          <MenuTrigger>
            <Button className={`${action.plain} ${action.small}`}><Icon name="move" size={14} /> Move to pool <Icon name="chevronDown" size={12} /></Button>
            <Popover className={segments.popover} placement="top start">
              <Menu className={segments.list} aria-label="Move to pool" onAction={(id) => {
                const to = pools.find((pool) => pool.id === id);
                if (to) onMove(to);
              }}>
                {pools.map((pool) => {
                  const reason = whyNotTo(pool, devices);
                  return (
                    <MenuItem key={pool.id} id={pool.id} className={segments.option} textValue={pool.name} isDisabled={reason !== null}>
                      {pool.name} <span className={css.typeNote}>{reason ?? pool.group?.name ?? "no group"}</span>
                    </MenuItem>
                  );
                })}
              </Menu>
            </Popover>
          </MenuTrigger>
          {canCreate && <Action isSmall onPress={onCreate}><Icon name="plus" size={14} /> Create pool</Action>}
          <Action kind="link" onPress={clear}>Clear</Action>
        </>
      )}
      <Pointed deviceId={pointed} isAlone={devices.length === 0} />
    </footer>
  );
}

function Pointed({ deviceId, isAlone }: { deviceId: string | null; isAlone: boolean }) {
  const fleet = useFleet();
  const { devices } = useInventory();
  const device = deviceId === null ? undefined : devices.get(deviceId);
  if (device === undefined) {
    return <span className={css.pointed}>{isAlone ? "Choose free devices (click, Shift+click, Space), then move them, or drag them onto a pool." : ""}</span>;
  }
  const row = fleet.row(device.id);
  const isKnown = row !== undefined && !fleet.columns.isStale[row];
  const used = isKnown && ALLOCATION[fleet.columns.allocation[row]] !== "FREE" ? `, used ${percent(fleet.columns.utilisation[row])}` : "";
  return (
    <span className={css.pointed} data-testid="pointed">
      {device.health.level !== "OK" && device.health.reasons[0] && <b>{device.health.reasons[0].title}. </b>}
      {device.node.hostName} · {gpu(device)}:{" "}
      {isHeld(device)
        ? <><Icon name="lock" size={12} /> held by {device.job?.name} ({device.job?.owner ?? "owner unknown"}){used}; it stays in {device.pool.name} until the job ends</>
        : isKnown ? `free, in ${device.pool.name}` : `no data, held by no job, in ${device.pool.name}`}
    </span>
  );
}
