/** The popup that the address asks for. */
import { useState } from "react";
import { useInventory } from "../live/Live";
import { Action } from "../ui/Action";
import { focusWhenThere } from "../ui/focus";
import { Popup } from "../ui/Popup";
import { CreatePool } from "./CreatePool";
import { DeletePools } from "./DeletePools";
import { EditPool } from "./EditPool";
import { MoveDevices } from "./MoveDevices";
import { poolRow } from "./poolRow";
import type { PoolSearch } from "./search";
import { poolNamed, useNamedPool, type PoolInfo } from "./usePools";

interface PoolPopupsProps {
  search: PoolSearch;
  pools: readonly PoolInfo[];
  close: (then?: PoolSearch) => void;
  change: (next: PoolSearch) => void;
  onDeleted: () => void;
}

export function PoolPopups({ search, pools, close, change, onDeleted }: PoolPopupsProps) {
  const { devices } = useInventory();
  // A popup begins with what the address names: that has to be known first.
  if (search.popup === undefined || !devices.isLoaded) return null;
  switch (search.popup) {
    case "create":
      return <CreatePool search={search} close={close} />;
    case "edit":
      return <EditNamed key={search.pool} name={search.pool} pools={pools} close={close} />;
    case "delete":
      return <DeleteNamed key={search.which?.join("/")} names={search.which ?? []} pools={pools} close={close} change={change} onDeleted={onDeleted} />;
    case "move":
      return (
        <MoveDevices pools={pools} uuids={search.device ?? []} to={search.to} close={close} onMoved={({ name }) => {
          close({ pool: name });
          focusWhenThere(poolRow(name));
        }} />
      );
  }
}

function EditNamed({ name, pools, close }: Pick<PoolPopupsProps, "pools" | "close"> & { name: string | undefined }) {
  const pool = useNamedPool(pools, name);
  return pool === undefined || pool.isDefault ? <Gone names={name} close={close} /> : <EditPool key={pool.id} pool={pool} close={close} />;
}

function DeleteNamed({ names, pools, ...rest }: Pick<PoolPopupsProps, "pools" | "close" | "change" | "onDeleted"> & { names: readonly string[] }) {
  const [ids] = useState(() => new Set(names.map((name) => poolNamed(pools, name)?.id)));
  const there = pools.filter((pool) => ids.has(pool.id));
  return there.length === 0 ? <Gone names={names.join(", ")} close={rest.close} /> : <DeletePools pools={there} {...rest} />;
}

function Gone({ names, close }: { names: string | undefined; close: () => void }) {
  return (
    <Popup title="There is nothing to change" onClose={close} actions={<Action kind="primary" autoFocus onPress={close}>Close</Action>}>
      <p>{names === undefined ? "No pool is named." : `No pool that can be changed is called “${names}” now. It may have been renamed or deleted meanwhile.`}</p>
    </Popup>
  );
}
