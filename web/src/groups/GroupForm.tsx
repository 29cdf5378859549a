/**
 * Name, pool and users of a group, new or old. What was not touched follows what others change
 * meanwhile; what was touched stays as it was typed, and only that is sent.
 */
import { useState } from "react";
import { StaleChanges } from "../audit/StaleChanges";
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ChoiceEntry, TextEntry } from "../ui/Field";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { useUsers, type UserInfo } from "../users/live";
import css from "./Groups.module.css";
import type { GroupInfo } from "./live";
import { usePoolChoice } from "./usePoolChoice";
import { UserPicker, type Pickable } from "./UserPicker";
import { willHappen } from "./words";

const CreateGroupDocument = graphql(`
  mutation CreateGroup($input: CreateGroupInput!) {
    createGroup(input: $input) {
      kind: __typename
      ... on Group { id name }
      ... on Refusal { message }
      ... on UsersInOtherGroup { users { id name } }
      ... on PoolInUse { pool { id name } }
    }
  }
`);

const EditGroupDocument = graphql(`
  mutation EditGroup($input: EditGroupInput!) {
    editGroup(input: $input) {
      kind: __typename
      ... on Group { id name }
      ... on Refusal { message }
      ... on UsersInOtherGroup { users { id name } }
      ... on PoolInUse { pool { id name } }
      ... on StaleEdit { version ...StaleChanges }
    }
  }
`);

interface GroupFormProps {
  /** As it is now; undefined: a new one is made. */
  group?: GroupInfo | undefined;
  onSaved: (id: string) => void;
  onClose: () => void;
}

export function GroupForm({ group, onSaved, onClose }: GroupFormProps) {
  const { items: users } = useUsers();
  const [opened] = useState(group);
  const [version, setVersion] = useState(group?.version ?? 0);
  const [typed, setTyped] = useState<string | null>(null);
  const [ticks, setTicks] = useState<ReadonlyMap<string, boolean>>(() => new Map());
  const pool = usePoolChoice(group);
  const create = useMutation(CreateGroupDocument);
  const edit = useMutation(EditGroupDocument);
  const { isSending, outcome, forget } = group ? edit : create;

  const name = typed ?? group?.name ?? "";
  const isMember = (user: UserInfo) => group !== undefined && user.group?.id === group.id;
  const sorted = [...users.values()].toSorted((a, b) => Number(isMember(b)) - Number(isMember(a)) || a.name.localeCompare(b.name, "en", { numeric: true }));
  const pickable = sorted.map((user): Pickable => {
    const was = isMember(user);
    const isTicked = ticks.get(user.id) ?? was;
    const elsewhere = !was && user.group ? `in ${user.group.name}; remove there first` : undefined;
    return { user, isTicked, reason: isTicked ? undefined : elsewhere, note: isTicked === was ? (was ? "member" : undefined) : isTicked ? "joins" : "leaves, is free then" };
  });
  const joining = pickable.filter(({ user, isTicked }) => isTicked && !isMember(user)).map(({ user }) => user);
  const leaving = pickable.filter(({ user, isTicked }) => !isTicked && isMember(user)).map(({ user }) => user);
  const renamed = group !== undefined && name.trim() !== group.name ? name.trim() : undefined;
  const hasChanges = group === undefined || joining.length > 0 || leaving.length > 0 || renamed !== undefined || pool.changed !== undefined;

  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const nameError = refusal?.kind === "NameTaken" || refusal?.kind === "BadName" ? refusal.message : undefined;
  const isRenamedByOthers = typed !== null && opened !== undefined && group !== undefined && group.name !== opened.name && group.name !== name;

  const tick = (user: UserInfo, isTicked: boolean) => setTicks(new Map(ticks).set(user.id, isTicked));
  const leaveOut = (ids: readonly string[]) => {
    const next = new Map(ticks);
    for (const id of ids) next.delete(id);
    setTicks(next);
    forget();
  };
  const save = async () => {
    if (isSending || !hasChanges) return;
    const sent = group
      ? await edit.send({
          id: group.id,
          version,
          name: renamed,
          addUsers: joining.map((user) => user.id),
          removeUsers: leaving.map((user) => user.id),
          ...(pool.changed !== undefined && { pool: pool.changed.id }),
        })
      : await create.send({ name, users: joining.map((user) => user.id), pool: pool.changed?.id ?? null });
    if (sent.kind !== "done") return;
    announce(group ? `${sent.result.name} is saved.` : `The group ${sent.result.name} is made.`);
    onSaved(sent.result.id);
  };

  return (
    <Popup
      title={group ? `Edit group ${group.name}` : "Create group"}
      size="middle"
      onClose={onClose}
      onSubmit={() => void save()}
      sum={willHappen({ isNew: group === undefined, joining, leaving, renamed, pool: pool.changed, group })}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || !hasChanges}>{isSending ? "Saving…" : group ? "Save" : "Create group"}</Action>
        </>
      }
    >
      <OutcomeBox
        outcome={outcome}
        not={group ? "Not saved" : "Not created"}
        details={refusal?.kind === "StaleEdit" && <><StaleChanges edit={refusal} /><p>What you typed and chose is kept when you load the new state.</p></>}
        accepted={
          refusal?.kind === "UsersInOtherGroup" ? <Action isSmall onPress={() => leaveOut(refusal.users.map((user) => user.id))}>Leave {refusal.users.length === 1 ? refusal.users[0].name : `these ${refusal.users.length}`} out</Action>
          : refusal?.kind === "PoolInUse" ? <Action isSmall onPress={() => { pool.reset(); forget(); }}>{group ? "Keep the pool as it is" : "Without a pool"}</Action>
          : refusal?.kind === "StaleEdit" ? <Action isSmall onPress={() => { setVersion(refusal.version); forget(); }}>Load the new state</Action>
          : null}
      />
      <div className={css.fields}>
        <TextEntry
          label="Name"
          value={name}
          onChange={setTyped}
          isRequired
          autoFocus
          maxLength={63}
          error={nameError}
          hint={isRenamedByOthers ? `It is called ${group?.name} by now; yours: ${name}` : undefined}
        />
        <ChoiceEntry label="Pool" note={group ? "" : "can wait"} value={pool.value} onChange={pool.choose} options={pool.options} hint={pool.hint} />
      </div>
      <UserPicker title={<><b>Users</b> {group ? "untick to remove; only free ones are offered" : "only free ones are offered"}</>} pickable={pickable} onTick={tick} />
    </Popup>
  );
}
