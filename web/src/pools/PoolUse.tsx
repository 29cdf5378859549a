/** Who uses a pool now, and why some of its devices cannot leave or the pool cannot go. */
import { Link } from "@tanstack/react-router";
import { useInventory } from "../live/Live";
import { count, plural, UNKNOWN } from "../ui/format";
import { Panel, Skeleton } from "../ui/Panel";
import table from "../ui/Table.module.css";
import { givenOut, isHeld } from "./blocks";
import css from "./PoolUse.module.css";
import type { PoolInfo } from "./usePools";

/** The largest holders; the rest is one press away. */
const SHOWN = 8;

export function PoolUse({ pool }: { pool: PoolInfo }) {
  const { devices, jobs } = useInventory();
  const own = givenOut(devices.values()).filter((device) => device.pool.id === pool.id);
  const heldBy = new Map<string, number>();
  for (const { job } of own) if (job != null) heldBy.set(job.id, (heldBy.get(job.id) ?? 0) + 1);
  const users = [...heldBy].map(([id, held]) => ({ id, held, job: jobs.get(id) }))
    .toSorted((a, b) => b.held - a.held || (a.job?.name ?? "").localeCompare(b.job?.name ?? ""));
  const waiting = [...jobs.values()].filter((job) => job.state === "QUEUED" && job.pool?.id === pool.id).length;
  const stay = own.filter(isHeld).length;
  const out = own.filter((device) => device.cordon != null && !isHeld(device)).length;
  return (
    <Panel title={`Who uses ${pool.name}`} isLive aside={<Link to="/history" search={{ pool: pool.name }}>History</Link>}>
      {!devices.isLoaded || !jobs.isLoaded ? <Skeleton rows={4} rowHeight={32} /> : users.length === 0 ? <p className={css.text}>No active job holds a device of it{waiting > 0 ? "" : ", and none waits for one"}.</p> : (
        <table className={table.table}>
          <thead><tr><th scope="col">Job</th><th scope="col">User</th><th scope="col" className={table.number}>Devices</th></tr></thead>
          <tbody>
            {users.slice(0, SHOWN).map(({ id, held, job }) => (
              <tr key={id}>
                <th scope="row" className={css.job}>{job === undefined ? UNKNOWN : <Link to="/jobs" search={{ q: job.name }} title={job.name}>{job.name}</Link>}</th>
                <td className={css.user} title={job?.owner ?? undefined}>{job?.user?.name ?? job?.owner ?? UNKNOWN}</td>
                <td className={table.number}>{count(held)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={css.text}>
        {users.length > SHOWN && <p><Link to="/jobs" search={{ pool: [pool.name] }}>{plural(users.length - SHOWN, "more job")}</Link></p>}
        {stay > 0 && <p>A device with an active job cannot leave its pool: {count(stay)} of {count(own.length)} stay here until these jobs end.</p>}
        {out > 0 && <p><Link to="/devices" search={{ pool: [pool.name], state: ["OUT_OF_SERVICE"] }}>{plural(out, "device")}</Link> of it {out === 1 ? "is" : "are"} out of service, and neither free nor allocated.</p>}
        {waiting > 0 && <p><Link to="/jobs" search={{ pool: [pool.name], state: ["QUEUED"] }}>{plural(waiting, "job")}</Link> {waiting === 1 ? "waits" : "wait"} for devices of it.</p>}
        {pool.isDefault ? (
          <p>Every device that no other pool holds is in {pool.name}, and a newly found one lands here. It cannot be renamed or deleted.</p>
        ) : pool.group ? (
          <p>The users of <Link to="/groups" search={{ q: pool.group.name }}>{pool.group.name}</Link> may use it. It cannot be deleted before it is taken from that group.</p>
        ) : (
          <p>No group has it: give it to one on the screen <Link to="/groups">Groups</Link>.</p>
        )}
      </div>
    </Panel>
  );
}
