/** Make a pool (POOL-2, POOL-3): a name, perhaps a group that has none, and free devices of one type. */
import { useMemo, useRef, useState } from "react";
import { graphql } from "../gql";
import { useInventory } from "../live/Live";
import { useChanges } from "../live/useChanges";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ChoiceEntry, TextEntry } from "../ui/Field";
import { focusWhenThere } from "../ui/focus";
import { count, plural, shortType } from "../ui/format";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { Accepted } from "./Accepted";
import { countByType, givenOut, isFree, isHeld } from "./blocks";
import { DevicePicker } from "./DevicePicker";
import { CreatePoolDocument } from "./documents";
import css from "./PoolForm.module.css";
import { poolRow } from "./poolRow";
import type { PoolSearch } from "./search";
import type { Chosen } from "./useChosen";

const GroupsForPoolDocument = graphql(`
  subscription GroupsForPool {
    groupChanges { isSnapshot isComplete removed changed { id name pool { id name } } }
  }
`);

const NO_GROUP = "none";

interface CreatePoolProps {
  search: PoolSearch;
  close: (then?: PoolSearch) => void;
}

export function CreatePool({ search, close }: CreatePoolProps) {
  const { devices, version } = useInventory();
  const offered = useMemo(
    () => givenOut(devices.values()).filter((device) => device.pool.isDefault),
    // The inventory's version stands for its content.
    // oxlint-disable-next-line react/exhaustive-deps
    [devices, version],
  );
  const [name, setName] = useState("");
  const [sentName, setSentName] = useState("");
  const [group, setGroup] = useState(NO_GROUP);
  const [picked, setPicked] = useState<Chosen>(() => new Set(offered.filter((device) => (!isHeld(device) && search.device?.includes(device.uuid)) || (isFree(device) && search.type === device.type.name)).map((device) => device.id)));
  const { send, again, outcome, isSending, forget } = useMutation(CreatePoolDocument);
  const nameInput = useRef<HTMLInputElement>(null);
  const { items: groups } = useChanges(GroupsForPoolDocument, "groupChanges");

  const still = offered.filter((device) => picked.has(device.id));
  const types = countByType(still);
  const free = offered.filter(isFree).length;
  const groupless = [...groups.values()].filter((one) => one.pool == null).toSorted((a, b) => a.name.localeCompare(b.name));
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const isNameRefused = refusal?.kind === "BadName" || refusal?.kind === "NameTaken";
  const choose = (next: Chosen) => {
    setPicked(next);
    forget();
  };

  const finish = (sent: Awaited<ReturnType<typeof send>>) => {
    if (sent.kind !== "done") return;
    close({ pool: sent.result.name });
    announce(`Pool ${sent.result.name} was created with ${plural(picked.size, "GPU")}.`);
    focusWhenThere(poolRow(sent.result.name));
  };
  const submit = async () => {
    if (isSending) return;
    setSentName(name);
    finish(await send({ name, devices: [...picked], group: group === NO_GROUP ? null : group }));
  };

  return (
    <Popup title="Create pool" size="wide" onClose={close} onSubmit={() => void submit()}
      sum={<Sum n={picked.size} gone={picked.size - still.length} types={types} />}
      actions={
        <>
          <Action onPress={close}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending}>{isSending ? "Creating…" : "Create pool"}</Action>
        </>
      }>
      <OutcomeBox outcome={outcome} not="Not created" onAgain={() => void again().then(finish)}
        details={refusal?.kind === "MixedDeviceTypes" && types.length > 1 && (
          <p>You chose {types.map((type, i) => <span key={type.id}>{i > 0 && " and "}<b>{count(type.count)} × {type.name}</b></span>)}. Accepted would be any one of them alone.</p>
        )}
        accepted={
          refusal?.kind === "GroupHasPool" ? <Action isSmall onPress={() => { setGroup(NO_GROUP); forget(); }}>Give it to no group yet</Action>
          : isNameRefused ? <Action isSmall onPress={() => nameInput.current?.focus()}>Change the name</Action>
          : refusal && <Accepted refusal={refusal} devices={offered} chosen={picked} choose={choose} />
        } />
      <div className={css.fields}>
        <TextEntry ref={nameInput} label="Name" value={name} onChange={setName} autoFocus isRequired error={isNameRefused && sentName === name ? refusal.message : undefined} />
        <ChoiceEntry label="Group" note="can wait" value={group} onChange={setGroup}
          hint={groupless.length === 0 && groups.isLoaded ? "Every group has a pool already; take it away first, on the screen Groups." : undefined}
          error={refusal?.kind === "GroupHasPool" && group !== NO_GROUP ? refusal.message : undefined}
          options={[{ id: NO_GROUP, words: "No group yet" }, ...groupless.map((one) => ({ id: one.id, words: one.name }))]} />
      </div>
      <DevicePicker devices={offered} chosen={picked} onChange={setPicked} type={search.type}
        note={`${count(free)} of the ${count(offered.length)} in Default are free. Devices of other pools are not offered.`} />
    </Popup>
  );
}

function Sum({ n, gone, types }: { n: number; gone: number; types: readonly { name: string }[] }) {
  return (
    <span data-testid="sum">
      {n === 0 ? <span className={css.muted}>no device chosen</span> : `${plural(n, "device")} chosen`}
      {gone > 0 && <span className={css.trouble}> · {count(gone)} no longer in Default</span>}
      {types.length === 1 && <span className={css.muted}> · {shortType(types[0].name)}</span>}
      {types.length > 1 && <span className={css.trouble}> · {types.length === 2 ? "two" : count(types.length)} types</span>}
    </span>
  );
}
