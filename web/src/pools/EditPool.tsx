/**
 * Rename a pool, add free devices, give others back to the Default pool (POOL-4). What others change
 * meanwhile is seen, and an edit of an old state is refused with who changed what.
 */
import { useMemo, useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import { useInventory } from "../live/Live";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { TextEntry } from "../ui/Field";
import { focusWhenThere } from "../ui/focus";
import { count, plural, shortType } from "../ui/format";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { Accepted } from "./Accepted";
import { givenOut, isFree } from "./blocks";
import { DevicePicker } from "./DevicePicker";
import { EditPoolDocument } from "./documents";
import css from "./PoolForm.module.css";
import { poolRow } from "./poolRow";
import type { PoolSearch } from "./search";
import type { Chosen } from "./useChosen";
import type { PoolInfo } from "./usePools";

interface EditPoolProps {
  /** As it is now. */
  pool: PoolInfo;
  close: (then?: PoolSearch) => void;
}

const NONE: Chosen = new Set();

export function EditPool({ pool, close }: EditPoolProps) {
  const { devices, version } = useInventory();
  // What was read when the popup opened, or when the new state was loaded.
  const [read, setRead] = useState({ name: pool.name, version: pool.version });
  const [name, setName] = useState(pool.name);
  const [sentName, setSentName] = useState("");
  const [added, setAdded] = useState<Chosen>(NONE);
  const [removed, setRemoved] = useState<Chosen>(NONE);
  const { send, again, outcome, isSending, forget } = useMutation(EditPoolDocument);

  const own = pool.deviceTypes[0];
  const offered = useMemo(
    () => givenOut(devices.values()).filter((device) => device.pool.id === pool.id || (device.pool.isDefault && (own === undefined || device.type.id === own.id))),
    // The inventory's version stands for its content.
    // oxlint-disable-next-line react/exhaustive-deps
    [devices, version, pool.id, own],
  );
  const isIn = (device: { pool: { id: string } }) => device.pool.id === pool.id;
  const chosen = useMemo(
    () => new Set(offered.filter((device) => (isIn(device) ? !removed.has(device.id) : added.has(device.id))).map((device) => device.id)),
    // oxlint-disable-next-line react/exhaustive-deps
    [offered, added, removed, pool.id],
  );
  const choose = (next: Chosen) => {
    setAdded(new Set(offered.filter((device) => !isIn(device) && next.has(device.id)).map((device) => device.id)));
    setRemoved(new Set(offered.filter((device) => isIn(device) && !next.has(device.id)).map((device) => device.id)));
  };
  const come = offered.filter((device) => !isIn(device) && chosen.has(device.id)).map((device) => device.id);
  const go = offered.filter((device) => isIn(device) && !chosen.has(device.id)).map((device) => device.id);
  const isRenamed = name.trim() !== read.name;
  const isChanged = isRenamed || added.size > 0 || removed.size > 0;
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const isNameRefused = refusal?.kind === "BadName" || refusal?.kind === "NameTaken";

  const load = (now: number) => {
    setAdded(new Set(come));
    setRemoved(new Set(go));
    if (!isRenamed) setName(pool.name);
    setRead({ name: pool.name, version: now });
    forget();
  };
  /** Of what was to come or go, only these do. */
  const leaveOnly = (changes: Chosen) => {
    setAdded(new Set(come.filter((id) => changes.has(id))));
    setRemoved(new Set(go.filter((id) => changes.has(id))));
    forget();
  };
  const finish = (sent: Awaited<ReturnType<typeof send>>) => {
    if (sent.kind !== "done") return;
    close({ pool: sent.result.name });
    announce(`Pool ${sent.result.name} was saved.`);
    focusWhenThere(poolRow(sent.result.name));
  };
  const submit = async () => {
    if (isSending || !isChanged) return;
    setSentName(name);
    finish(await send({ id: pool.id, version: read.version, name: isRenamed ? name : null, addDevices: [...added], removeDevices: [...removed] }));
  };

  const freeElsewhere = offered.filter((device) => !isIn(device) && isFree(device)).length;
  return (
    <Popup title={`Edit pool ${read.name}`} size="wide" onClose={close} onSubmit={() => void submit()}
      sum={<EditSum come={come.length} go={go.length} left={chosen.size} isRenamed={isRenamed} />}
      actions={
        <>
          <Action onPress={close}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || !isChanged}>{isSending ? "Saving…" : "Save"}</Action>
        </>
      }>
      <OutcomeBox outcome={outcome} not="Not saved" onAgain={() => void again().then(finish)}
        details={refusal?.kind === "StaleEdit" && (
          <>
            <StaleChanges edit={refusal} />
            <p>What you typed and chose is kept when you load the new state.</p>
          </>
        )}
        accepted={refusal?.kind === "StaleEdit"
          ? <Action isSmall onPress={() => load(refusal.version)}>Load the new state</Action>
          : refusal && <Accepted refusal={refusal} devices={offered} chosen={new Set([...come, ...go])} choose={leaveOnly} />} />
      <div className={css.fields}>
        <TextEntry label="Name" value={name} onChange={setName} isRequired error={isNameRefused && sentName === name ? refusal.message : undefined}
          hint={isRenamed && pool.name !== name.trim() ? `Now “${pool.name}”${pool.group ? `, of the group ${pool.group.name}` : ""}.` : pool.group ? `Of the group ${pool.group.name}.` : "Of no group."} />
      </div>
      <DevicePicker devices={offered} chosen={chosen} onChange={choose} own={{ name: pool.name, ids: new Set(offered.filter(isIn).map((device) => device.id)) }}
        note={own === undefined
          ? `It has no device: of any one type, ${count(freeElsewhere)} are free in Default.`
          : `${count(freeElsewhere)} more ${shortType(own.name)} are free in Default. Other types and devices of other pools are not offered.`} />
    </Popup>
  );
}

function EditSum({ come, go, left, isRenamed }: { come: number; go: number; left: number; isRenamed: boolean }) {
  const parts = [isRenamed && "renamed", come > 0 && `${plural(come, "GPU")} added`, go > 0 && `${plural(go, "GPU")} back to Default`].filter(Boolean);
  return (
    <span data-testid="sum">
      {parts.length === 0 ? <span className={css.muted}>nothing changed yet</span> : parts.join(", ")}
      <span className={css.muted}> · {parts.length === 0 ? plural(left, "device") : `${plural(left, "device")} then`}</span>
    </span>
  );
}
