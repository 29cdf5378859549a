/** What runs on a node, with the devices that it holds here. */
import { Link } from "@tanstack/react-router";
import type { DeviceInfo } from "../live/documents";
import { useInventory } from "../live/Live";
import { since, UNKNOWN } from "../ui/format";
import { Empty, Panel } from "../ui/Panel";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";

export function NodeJobs({ nodeId, devices }: { nodeId: string; devices: readonly DeviceInfo[] }) {
  const now = useNow();
  const { jobs } = useInventory();
  const here = [...jobs.values()].filter((job) => job.nodes.some((node) => node.id === nodeId));
  return (
    <Panel title="Jobs on this node" isLive note={`${here.length} active`}>
      {here.length === 0 ? <Empty title="No job runs here" /> : (
        <div className={table.scroll}>
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Job</th><th scope="col">User</th><th scope="col">Group</th>
                <th scope="col">Devices here</th><th scope="col" className={table.number}>Running</th>
              </tr>
            </thead>
            <tbody>
              {here.map((job) => {
                const own = devices.filter((device) => device.job?.id === job.id);
                return (
                  <tr key={job.id}>
                    <th scope="row"><Link to="/jobs" search={{ q: job.name }}>{job.name}</Link></th>
                    <td>{job.user?.name ?? job.owner ?? UNKNOWN}</td>
                    <td>{job.group?.name ?? UNKNOWN}</td>
                    <td>{own.length} of {job.heldDevices} <span className={table.muted}>· GPU {own.map((d) => d.index).join(", ")}</span></td>
                    <td className={table.number}>{since(job.startedAt, now)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
