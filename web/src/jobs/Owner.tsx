/** Whose a job is. An owner whom nobody on board is called is shown as such, never as a user. */
import { Link } from "@tanstack/react-router";
import { UNKNOWN } from "../ui/format";
import css from "./Jobs.module.css";
import type { JobLine } from "./filters";

export function Owner({ job }: { job: Pick<JobLine, "owner" | "user"> }) {
  if (job.user) return <Link to="/users" search={{ q: job.user.name }} title={job.user.name}>{job.user.name}</Link>;
  if (job.owner == null) return <span className={css.muted}>{UNKNOWN}</span>;
  return (
    <span title={`The job runs under the name ${job.owner}, and nobody on board has it.`}>
      {job.owner} <span className={css.muted}>not on board</span>
    </span>
  );
}
