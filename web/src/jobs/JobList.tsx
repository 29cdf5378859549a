/** The jobs: who waits and why, who runs where and since when; ended ones when they are asked for. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { JobState } from "../gql/graphql";
import { useInventory } from "../live/Live";
import { Choice } from "../ui/Choice";
import { brief, counted, Filters } from "../ui/Filters";
import pane from "../ui/Pane.module.css";
import { Screen } from "../ui/Screen";
import { Segments } from "../ui/Segments";
import { ActiveJobs } from "./ActiveJobs";
import { EndedJobs } from "./EndedJobs";
import { ENDED_ORDER_WORDS, FILTER_NAMES, FILTER_WORDS, ORDER_WORDS, SOURCE_WORDS, valuesOf, type FilterName } from "./filters";
import { JobPane } from "./JobPane";
import { ENDED_ORDERS, ORDERS, type JobSearch } from "./search";

const STATES = [
  ["ACTIVE", "Active"],
  ["RUNNING", "Running"],
  ["QUEUED", "Waiting"],
  ["ENDED", "Ended"],
] as const satisfies readonly (readonly [JobState | "ACTIVE", string])[];

export function JobList() {
  const search = useSearch({ from: "/app/jobs" });
  const navigate = useNavigate({ from: "/jobs" });
  const { jobs } = useInventory();
  const { order, job: open, ...filters } = search;
  const change = (next: Partial<JobSearch>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const clear = () => void navigate({ search: { order, job: open } });
  const state = filters.state?.length === 1 ? filters.state[0] : "ACTIVE";
  const activeOrder = ORDERS.find((one) => one === order) ?? "urgent";
  const endedOrder = ENDED_ORDERS.find((one) => one === order) ?? "ended";
  const list = { filters, clear, selected: open, onOpen: (key: string) => change({ job: key }) };

  const bar = (
    <Filters
      label="Job, owner or group"
      q={filters.q}
      filters={FILTER_NAMES.map((name) => ({ name, words: FILTER_WORDS[name], values: filters[name], summary: filters[name] && brief(filters[name].map((value) => SOURCE_WORDS[value] ?? value)) }))}
      options={(name) => counted([...jobs.values()].flatMap((job) => valuesOf(job, name as FilterName)).filter((value) => value !== ""), SOURCE_WORDS)}
      onWords={(q) => change({ q })}
      onChange={(name, values) => change({ [name]: values })}
      clear={clear}
    >
      <Segments label="State" options={STATES} value={state} onChange={(next) => change({ state: next === "ACTIVE" ? undefined : [next] })} />
    </Filters>
  );
  return (
    <div className={pane.split}>
      <div className={pane.list}>
        <Screen
          title="Jobs"
          isFilling
          note={jobs.isLoaded ? `${jobs.size} active` : undefined}
          aside={
            state === "ENDED"
              ? <Choice label="Order" options={ENDED_ORDERS.map((one) => [one, ENDED_ORDER_WORDS[one]] as const)} value={endedOrder} onChange={(next) => change({ order: next })} />
              : <Choice label="Order" options={ORDERS.map((one) => [one, ORDER_WORDS[one]] as const)} value={activeOrder} onChange={(next) => change({ order: next })} />
          }
        >
          {bar}
          <div className={pane.panel}>
            {state === "ENDED" ? <EndedJobs {...list} order={endedOrder} /> : <ActiveJobs {...list} order={activeOrder} />}
          </div>
        </Screen>
      </div>
      {open !== undefined && <JobPane key={open} jobKey={open} close={() => change({ job: undefined })} />}
    </div>
  );
}
