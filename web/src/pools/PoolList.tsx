/** Pools: how full each is, its devices below, and everything that an operator does with them. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useIsOperator, useLive } from "../live/Live";
import type { DeviceInfo } from "../live/documents";
import { Nothing } from "../session/Own";
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { count } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { PoolDevices } from "./PoolDevices";
import css from "./PoolList.module.css";
import { PoolPopups } from "./PoolPopups";
import { PoolTable } from "./PoolTable";
import { PoolUse } from "./PoolUse";
import { closed, type PoolSearch } from "./search";
import { useNamedPool, usePools } from "./usePools";

const uuidsOf = (devices: readonly DeviceInfo[]) => devices.map((device) => device.uuid);

export function PoolList() {
  const search = useSearch({ from: "/app/pools" });
  const navigate = useNavigate({ from: "/pools" });
  const { connection } = useLive();
  const isOperator = useIsOperator();
  const { list: pools, failure } = usePools();
  const [ticked, setTicked] = useState<ReadonlySet<string>>(() => new Set());
  const change = (next: PoolSearch, isReplaced = false) => void navigate({ search: (old) => ({ ...old, ...next }), replace: isReplaced });
  const close = (then: PoolSearch = {}) => void navigate({ search: (old) => ({ ...closed(old), ...then }), replace: true });

  const shown = useNamedPool(pools, search.pool) ?? pools?.find((pool) => pool.isDefault) ?? pools?.at(0);
  // What Edit and Delete are about: the ticked rows, or else the pool that is looked at.
  const meant = pools?.filter((pool) => ticked.has(pool.id)) ?? [];
  const targets = meant.length > 0 ? meant : shown && !shown.isDefault ? [shown] : [];
  const edit = () => {
    if (targets.length === 1) change({ popup: "edit", pool: targets[0].name });
  };
  const create = () => change({ popup: "create" });
  const remove = () => targets.length > 0 && change({ popup: "delete", which: targets.map((pool) => pool.name) });
  useScreenKeys(isOperator ? { c: create, e: edit } : {});

  return (
    <Screen title="Pools" note={pools && count(pools.length)} aside={isOperator && (
      <div className={css.actions}>
        <Action isDisabled={targets.length !== 1} onPress={edit} {...(targets.length !== 1 && { describedBy: "pool-actions" })}><Icon name="edit" size={14} /> Edit</Action>
        <Action isDisabled={targets.length === 0} onPress={remove} {...(targets.length === 0 && { describedBy: "pool-actions" })}><Icon name="trash" size={14} /> Delete{targets.length > 1 && ` ${targets.length}`}</Action>
        <Action kind="primary" onPress={create}><Icon name="plus" size={14} /> Create pool</Action>
        <span id="pool-actions" className="visually-hidden">{targets.length > 1 ? "One pool is edited at a time." : "Choose a pool other than the Default pool, which is neither edited nor deleted."}</span>
      </div>
    )}>
      {failure !== null && pools === null ? (
        <Panel title="Pools"><Failed what="The pools" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} /></Panel>
      ) : pools?.length === 0 ? (
        <Panel title="Pools"><Nothing title="No pool yet" of="pools" /></Panel>
      ) : pools === null ? (
        <Panel title="Pools"><Skeleton rows={6} rowHeight={44} /></Panel>
      ) : shown === undefined ? (
        <Panel title="Pools"><Empty title="No pool is yours">Your group has none, or you are in no group. An operator can give it one; pools of other groups are for operators.</Empty></Panel>
      ) : (
        <>
          <section className={css.table} aria-label="Pools by occupancy">
            <PoolTable pools={pools} shown={shown} ticked={ticked} setTicked={setTicked} onShow={(pool) => change({ pool: pool.name }, true)}
              onDrop={(uuids, to) => change({ popup: "move", device: uuids, to: to.name })} />
          </section>
          <div className={css.below}>
            <PoolDevices key={shown.id} pool={shown} pools={pools} isAll={search.view === "all"} setAll={(isAll) => change({ view: isAll ? "all" : undefined }, true)}
              onMove={(devices, to) => change({ popup: "move", device: uuidsOf(devices), to: to.name })}
              onCreate={(from) => change({ popup: "create", ...("type" in from ? { type: from.type } : { device: uuidsOf(from.devices) }) })} />
            <PoolUse pool={shown} />
          </div>
          {isOperator && <PoolPopups search={search} pools={pools} close={close} change={(next) => change(next, true)} onDeleted={() => setTicked(new Set())} />}
        </>
      )}
    </Screen>
  );
}

