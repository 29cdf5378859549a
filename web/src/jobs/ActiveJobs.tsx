/** The jobs that wait or run, live, in an order that holds still. */
import { useEffect, useMemo, useState } from "react";
import type { JobInfo } from "../live/documents";
import { useInventory, useLive } from "../live/Live";
import { useFrozenOrder } from "../live/useFrozenOrder";
import { Nothing } from "../session/Own";
import { Action } from "../ui/Action";
import { count } from "../ui/format";
import { Grid } from "../ui/Grid";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { arrangeJobs, hasFilters, ORDER_WORDS } from "./filters";
import { BRIEF_JOB_COLUMNS, JOB_COLUMNS, JobCells } from "./JobCells";
import { useKnownPools } from "../pools/known";
import type { JobFilters, JobOrder } from "./search";

interface ActiveJobsProps {
  filters: JobFilters;
  order: JobOrder;
  selected: string | undefined;
  onOpen: (key: string) => void;
  clear: () => void;
}

export function ActiveJobs({ filters, order, selected, onOpen, clear }: ActiveJobsProps) {
  const { connection } = useLive();
  const { jobs, devices, failures, version } = useInventory();
  const pools = useKnownPools();
  const question = JSON.stringify([filters, order, jobs.isLoaded]);
  const { ids, moves, sortAgain } = useFrozenOrder(question, () => arrangeJobs(jobs.values(), filters, order));
  const last = useLastSeen();
  const devicesOf = useMemo(() => {
    const map = new Map<string, string[]>();
    for (const device of devices.values()) {
      if (!device.job) continue;
      const of = map.get(device.job.id);
      if (of) of.push(device.id);
      else map.set(device.job.id, [device.id]);
    }
    return map;
    // oxlint-disable-next-line react/exhaustive-deps
  }, [devices, version]);

  const failure = failures.get("jobs");
  if (failure !== undefined && !jobs.isLoaded) return <Failed what="The jobs" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />;
  if (!jobs.isLoaded) return <Skeleton rows={14} rowHeight={32} />;
  if (ids.length === 0 && hasFilters(filters)) {
    return <Empty title={`0 of ${count(jobs.size)} match`} action={<Action onPress={clear}>Clear filters</Action>} />;
  }
  if (ids.length === 0) {
    return <Nothing title="No active job" of="active jobs">Nothing holds or waits for a device. Compute processes appear here as NVML sees them.</Nothing>;
  }
  const isBrief = selected !== undefined;
  const find = (id: string) => jobs.get(id) ?? last.get(id);
  return (
    <Grid
      label="Jobs"
      columns={isBrief ? BRIEF_JOB_COLUMNS : JOB_COLUMNS}
      minWidth={isBrief ? 620 : 980}
      rowHeight={32}
      ids={ids}
      state={(id) => ({ isSelected: selected !== undefined && find(id)?.key === selected, isOld: jobs.get(id) === undefined })}
      onOpen={(id) => onOpen(find(id)?.key ?? "")}
      isFollowing={isBrief}
      note={ORDER_WORDS[order].toLowerCase()}
      moves={moves}
      sortAgain={sortAgain}
      renderCells={(id) => {
        const job = find(id);
        return job && (
          <JobCells
            job={job}
            isBrief={isBrief}
            isOver={jobs.get(id) === undefined}
            deviceIds={devicesOf.get(id) ?? []}
            freeDevices={pools?.find((pool) => pool.id === job.pool?.id)?.load.free}
          />
        );
      }}
    />
  );
}

/** Each job as it was last seen: one that ends keeps its row until the list is sorted again. */
function useLastSeen(): Map<string, JobInfo> {
  const { jobs, version } = useInventory();
  const [last] = useState(() => new Map<string, JobInfo>());
  useEffect(() => {
    for (const job of jobs.values()) last.set(job.id, job);
  }, [jobs, version, last]);
  return last;
}
