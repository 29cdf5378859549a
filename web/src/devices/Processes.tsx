/** The compute processes that NVML sees on a device, with their OS user and pod. */
import { graphql, useFragment, type FragmentType } from "../gql";
import { gib, UNKNOWN, when } from "../ui/format";
import { Empty } from "../ui/Panel";
import table from "../ui/Table.module.css";
import { useNow } from "../ui/useNow";

const ProcessesFragment = graphql(`
  fragment DeviceProcesses on Device {
    processes { pid name user memoryUsedBytes startedAt podUid job { name } }
  }
`);

export function Processes({ device }: { device: FragmentType<typeof ProcessesFragment> }) {
  const now = useNow();
  const { processes } = useFragment(ProcessesFragment, device);
  if (processes.length === 0) return <Empty title="No process on this device" />;
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col" className={table.number}>PID</th><th scope="col">Process</th><th scope="col">User</th>
            <th scope="col" className={table.number}>Mem GiB</th><th scope="col">Since</th><th scope="col">Job</th>
          </tr>
        </thead>
        <tbody>
          {processes.map((p) => (
            <tr key={p.pid}>
              <td className={table.number}>{p.pid}</td>
              <th scope="row">{p.name ?? UNKNOWN}</th>
              <td>{p.user ?? UNKNOWN}</td>
              <td className={table.number}>{gib(p.memoryUsedBytes)}</td>
              <td>{when(p.startedAt, now)}</td>
              <td>{p.job?.name ?? UNKNOWN}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
