/** Take free devices out of their pools into another, at once; says which cannot go, and why. */
import { useState } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import type { DeviceInfo } from "../live/documents";
import { useInventory } from "../live/Live";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { count, plural, shortType } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Popup } from "../ui/Popup";
import { OutcomeBox, RefusalBox } from "../ui/RefusalBox";
import { Accepted } from "./Accepted";
import { countByType, isHeld, sectionsOf } from "./blocks";
import { MoveDevicesDocument } from "./documents";
import css from "./PoolForm.module.css";
import { runsOf } from "./runs";
import { whyNotTo } from "./targets";
import type { Chosen } from "./useChosen";
import { poolNamed, type PoolInfo } from "./usePools";

interface MoveDevicesProps {
  pools: readonly PoolInfo[];
  uuids: readonly string[];
  /** The name of the pool that is offered first. */
  to?: string | undefined;
  close: () => void;
  onMoved: (to: { name: string }) => void;
}

export function MoveDevices({ pools, uuids, to, close, onMoved }: MoveDevicesProps) {
  const { devices } = useInventory();
  const [leftOut, setLeftOut] = useState<Chosen>(() => new Set());
  const [targetId, setTargetId] = useState<string | null>(() => poolNamed(pools, to)?.id ?? null);
  const { send, again, outcome, isSending, forget } = useMutation(MoveDevicesDocument);

  const named = new Set(uuids);
  const asked = [...devices.values()].filter((device) => named.has(device.uuid) && !leftOut.has(device.id));
  const target = pools.find((pool) => pool.id === targetId);
  const going = asked.filter((device) => !isHeld(device) && device.pool.id !== targetId);
  const movable = asked.filter((device) => !isHeld(device));
  const types = countByType(movable);
  const reason = target && whyNotTo(target, movable);
  const isReady = target !== undefined && reason === null && going.length > 0;
  const keep = (chosen: Chosen) => {
    setLeftOut(new Set([...devices.values()].filter((device) => named.has(device.uuid) && !chosen.has(device.id)).map((device) => device.id)));
    forget();
  };

  const finish = (sent: Awaited<ReturnType<typeof send>>, n?: number) => {
    if (sent.kind !== "done") return;
    onMoved(sent.result);
    announce(`${n === undefined ? "The devices" : plural(n, "GPU")} moved to ${sent.result.name}.`);
  };
  const submit = async () => {
    if (isSending || !isReady) return;
    finish(await send({ devices: going.map((device) => device.id), toPool: target.id }), going.length);
  };

  const askedIds: Chosen = new Set(asked.map((device) => device.id));
  return (
    <Popup title="Move devices" size="middle" onClose={close} onSubmit={() => void submit()}
      sum={<span data-testid="sum">{isReady ? <MoveWords going={going} to={target} /> : <span className={css.muted}>{movable.length === 0 ? "none of these can leave" : target === undefined ? "choose a pool" : reason}</span>}</span>}
      actions={
        <>
          <Action onPress={close}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || !isReady}>{isSending ? "Moving…" : going.length === 0 ? "Move" : `Move ${plural(going.length, "GPU")}`}</Action>
        </>
      }>
      <OutcomeBox outcome={outcome} not="Not moved" onAgain={() => void again().then(finish)} accepted={outcome?.kind === "refused" && <Accepted refusal={outcome.refusal} devices={asked} chosen={askedIds} choose={keep} />} />
      {types.length > 1 && outcome === null && (
        <RefusalBox title={`These are of ${types.length} types`} accepted={<Accepted refusal={{ kind: "MixedDeviceTypes", types: [] }} devices={movable} chosen={new Set(movable.map((device) => device.id))} choose={keep} />}>
          <p>Only the Default pool takes {types.map((type) => `${type.count} × ${shortType(type.name)}`).join(" and ")} together.</p>
        </RefusalBox>
      )}
      <div>
        <p className={css.label}>Devices</p>
        <ul className={css.from} data-testid="moving">
          {asked.length === 0 && <li><span>None of these devices is in the cluster.</span></li>}
          {placesOf(asked).map(({ key, place, pool, holders }) => (
            <li key={key}>
              <b>{place}</b> <span>in {pool}</span>
              {holders !== null && <span className={css.locked}><Icon name="lock" size={12} /> stays: held by {holders}</span>}
            </li>
          ))}
        </ul>
      </div>
      <RadioGroup value={targetId} onChange={setTargetId}>
        <Label className={css.label}>To pool</Label>
        <div className={css.pools}>
          {pools.map((pool) => {
            const not = movable.length === 0 ? null : whyNotTo(pool, movable);
            return (
              <Radio key={pool.id} value={pool.id} className={css.target} isDisabled={not !== null} autoFocus={pool.id === targetId}>
                <i aria-hidden="true" /> <b>{pool.name}</b> <span>{pool.isDefault ? "any type" : pool.deviceTypes[0] ? shortType(pool.deviceTypes[0].name) : "no device yet"}</span>
                <span>{not !== null ? `not offered: ${not}` : pool.group ? `for ${pool.group.name}` : pool.isDefault ? "" : "no group"}</span>
              </Radio>
            );
          })}
        </div>
      </RadioGroup>
    </Popup>
  );
}

function MoveWords({ going, to }: { going: readonly DeviceInfo[]; to: PoolInfo }) {
  const from = [...new Set(going.map((device) => device.pool.name))];
  return <>{plural(going.length, "GPU")} from {from.length > 2 ? `${count(from.length)} pools` : from.join(" and ")} to {to.name}</>;
}

/** By node, pool and holder: "h100-r02-03 · GPU 0, 2–4". */
function placesOf(devices: readonly DeviceInfo[]): { key: string; place: string; pool: string; holders: string | null }[] {
  return sectionsOf(devices).flatMap((section) => section.blocks).flatMap((block) => {
    const parts = new Map<string, DeviceInfo[]>();
    for (const device of block.devices) {
      const key = `${device.pool.id} ${device.job?.id ?? ""}`;
      parts.set(key, [...(parts.get(key) ?? []), device]);
    }
    return [...parts].map(([key, [first, ...rest]]) => ({
      key: `${block.key} ${key}`,
      place: `${block.hostName} · GPU ${runsOf([first, ...rest].map((device) => device.index))}`,
      pool: first.pool.name,
      holders: first.job?.name ?? null,
    }));
  });
}
