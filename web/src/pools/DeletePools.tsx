/** Delete one or several pools (POOL-5 to POOL-7): what returns, what stands in the way, and all or none. */
import type { ReactNode } from "react";
import { useInventory } from "../live/Live";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { ConfirmDelete, type Blocker } from "../ui/ConfirmDelete";
import { focusWhenThere } from "../ui/focus";
import { plural } from "../ui/format";
import { OutcomeBox } from "../ui/RefusalBox";
import { countByType, givenOut } from "./blocks";
import { DeletePoolsDocument } from "./documents";
import { poolRow } from "./poolRow";
import type { PoolSearch } from "./search";
import type { PoolInfo } from "./usePools";
import { jobsByPool } from "./waiting";

interface DeletePoolsProps {
  /** Those that are to go and are there. */
  pools: readonly PoolInfo[];
  close: (then?: PoolSearch) => void;
  change: (next: PoolSearch) => void;
  onDeleted: () => void;
}

/** More names than this are counted. */
const NAMED = 3;

export function DeletePools({ pools, close, change, onDeleted }: DeletePoolsProps) {
  const { devices, jobs } = useInventory();
  const { send, again, outcome, isSending, forget } = useMutation(DeletePoolsDocument);
  const ids = new Set(pools.map((pool) => pool.id));
  const returning = givenOut(devices.values()).filter((device) => ids.has(device.pool.id));
  const holding = jobsByPool(jobs.values(), devices.values());
  const activeIn = (pool: PoolInfo) => [...new Set([...(holding.get(pool.id) ?? []), ...[...jobs.values()].filter((job) => job.pool?.id === pool.id)])];
  const active = [...new Set(pools.flatMap(activeIn))];
  const blocked = new Map(pools.map((pool) => [pool.id, whyNot(pool, activeIn(pool).map((job) => job.name))]));
  const blockers: Blocker[] = pools.flatMap((pool) => {
    const reason = blocked.get(pool.id);
    return reason == null ? [] : [{ name: pool.name, reason }];
  });
  const groups = pools.flatMap((pool) => (pool.group ? [pool.group.name] : []));
  const what = pools.length === 1 ? `pool ${pools[0].name}` : plural(pools.length, "pool");
  const goOnWith = (left: readonly PoolInfo[], words: string): ReactNode => left.length > 0 && left.length < pools.length && (
    <Action isSmall onPress={() => { change({ which: left.map((pool) => pool.name) }); forget(); }}>{words}: {namesOf(left.map((pool) => pool.name))}</Action>
  );

  const refused = outcome?.kind === "refused" && outcome.refusal.kind === "ItemsRefused" ? outcome.refusal.items : null;

  const finish = (sent: Awaited<ReturnType<typeof send>>) => {
    if (sent.kind !== "done") return;
    onDeleted();
    close({ pool: undefined });
    announce(`${what.replace(/^p/, "P")} ${pools.length === 1 ? "was" : "were"} deleted. ${plural(returning.length, "GPU")} returned to the ${sent.result.defaultPool.name} pool.`);
    focusWhenThere(poolRow(sent.result.defaultPool.name));
  };
  const confirm = async () => finish(await send({ pools: [...ids] }));

  return (
    <ConfirmDelete title={`Delete ${what}?`} confirm={`Delete ${pools.length === 1 ? "pool" : what}`} isSending={isSending} blockers={blockers}
      onConfirm={() => void confirm()} onClose={close}
      returns={returning.length === 0 ? <>No device is in {pools.length === 1 ? "it" : "them"}: nothing else changes.</>
        : <><b>{plural(returning.length, "GPU")} {returning.length === 1 ? "returns" : "return"} to the Default pool</b> and can be chosen for other pools.</>}
      checks={[
        ...(pools.length > 1 ? [["Pools", pools.map((pool) => pool.name).join(", ")] as const] : []),
        ["Devices", countByType(returning).map((type) => `${type.count} × ${type.name}`).join(", ") || "none"],
        ["Active jobs", active.length === 0 ? "none" : namesOf(active.map((job) => job.name))],
        [groups.length > 1 ? "Groups" : "Group", groups.length === 0 ? "none" : namesOf(groups)],
        ["History", "kept for the devices"],
      ]}
      instead={goOnWith(pools.filter((pool) => blocked.get(pool.id) === null), "Delete the other only")}
      refusal={
        <OutcomeBox outcome={outcome} not={pools.length === 1 ? "Not deleted" : "None was deleted"} onAgain={() => void again().then(finish)}
          details={refused && (
            <ul>{refused.map((item) => <li key={item.name}><b>{item.name}</b>: {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>
          )}
          accepted={refused && goOnWith(pools.filter((pool) => !refused.some((item) => item.id === pool.id)), "Delete the other only")} />
      } />
  );
}

function whyNot(pool: PoolInfo, jobs: readonly string[]): string | null {
  if (pool.isDefault) return "is built in: it holds what no other pool holds.";
  const reasons = [];
  if (pool.group) reasons.push(`is used by the group ${pool.group.name}: take it from that group first.`);
  if (jobs.length > 0) reasons.push(`has ${plural(jobs.length, "active job")} (${namesOf(jobs)}): wait until ${jobs.length === 1 ? "it ends" : "they end"}.`);
  return reasons.length === 0 ? null : reasons.join(" It ");
}

const namesOf = (names: readonly string[]): string =>
  names.length <= NAMED ? names.join(", ") : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;
