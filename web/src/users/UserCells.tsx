/** One user in the list: roles, group, what runs and waits for them, and when they were last here. */
import { Link } from "@tanstack/react-router";
import type { JobInfo } from "../live/documents";
import { count, fullMoment, since } from "../ui/format";
import { Cell, type Column } from "../ui/Grid";
import { useNow } from "../ui/useNow";
import type { UserInfo } from "./live";
import { ROLE_WORDS, ROLES } from "./roles";
import css from "./Users.module.css";

export const USER_COLUMNS: readonly Column[] = [
  { key: "name", head: "Name", width: "minmax(140px, 1.3fr)" },
  { key: "login", head: "Login", width: "minmax(100px, 0.9fr)" },
  { key: "roles", head: "Roles", width: "minmax(170px, 1.8fr)" },
  { key: "group", head: "Group", width: "minmax(90px, 0.9fr)" },
  { key: "running", head: "Running", width: "74px", isNumber: true },
  { key: "waiting", head: "Waiting", width: "72px", isNumber: true },
  { key: "devices", head: "Devices", width: "74px", isNumber: true },
  { key: "seen", head: "Last sign-in", width: "96px", isNumber: true },
];

export function UserCells({ user, jobs, isSelf }: { user: UserInfo; jobs: readonly JobInfo[]; isSelf: boolean }) {
  const now = useNow();
  const { name, displayName, roles, group, lastSignInAt, leftDirectoryAt } = user;
  const running = jobs.filter((job) => job.state === "RUNNING");
  const held = running.reduce((total, job) => total + job.heldDevices, 0);
  return (
    <>
      <Cell kind="name" title={displayName ?? name}>{displayName ?? name}{isSelf && <span className={css.you}> you</span>}{leftDirectoryAt != null && <span className={css.left} title={`Since ${fullMoment(Date.parse(leftDirectoryAt))}: cannot sign in`}> left the directory</span>}</Cell>
      <Cell kind="muted" title={name}>{name}</Cell>
      <Cell title={rolesInWords(user)}>{roles.length === 0 ? <span className={css.muted}>none</span> : rolesInWords(user)}</Cell>
      <Cell>{group ? <Link to="/groups" search={{ q: group.name }}>{group.name}</Link> : <span className={css.muted}>none</span>}</Cell>
      <Cell kind="number"><Link to="/jobs" search={{ user: [name], state: ["RUNNING"] }}>{count(running.length)}</Link></Cell>
      <Cell kind="number"><Link to="/jobs" search={{ user: [name], state: ["QUEUED"] }}>{count(jobs.length - running.length)}</Link></Cell>
      <Cell kind="number">{count(held)}</Cell>
      <Cell kind="number" title={lastSignInAt == null ? undefined : fullMoment(Date.parse(lastSignInAt))}>
        {lastSignInAt == null ? <span className={css.muted}>never</span> : since(lastSignInAt, now)}
      </Cell>
    </>
  );
}

const rolesInWords = (user: UserInfo): string => ROLES.filter((role) => user.roles.includes(role)).map((role) => ROLE_WORDS[role]).join(", ");
