/** The way to every screen, with what it holds and, only if something is wrong, a mark. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { graphql, useFragment, type FragmentType } from "../gql";
import { useIsOperator } from "../live/Live";
import { count } from "../ui/format";
import { Icon, type IconName } from "../ui/Icon";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Logo } from "./Logo";
import css from "./Rail.module.css";

const RailFragment = graphql(`
  fragment Rail on Cluster {
    name
    version
    isDemo
    nodesTotal
    nodesNotReady
    nodesStale
    jobsActive
    poolsTotal
    groupsTotal
    usersTotal
    load { devices warning critical }
  }
`);

export function Rail({ isOpen, cluster }: { isOpen: boolean; cluster: FragmentType<typeof RailFragment> | null }) {
  const isOperator = useIsOperator();
  const c = useFragment(RailFragment, cluster);
  return (
    <nav className={css.rail} aria-label="Screens" id="rail" {...(isOpen && { "data-open": "" })}>
      <Link to="/" className={css.brand}><Logo /> Quartermaster</Link>
      <Section title="Watch">
        <Item to="/" icon="dashboard">Dashboard</Item>
        <Item to="/nodes" icon="nodes" count={c?.nodesTotal}
          warning={c ? c.nodesNotReady + c.nodesStale : 0}>Nodes</Item>
        <Item to="/devices" icon="devices" count={c?.load.devices}
          critical={c?.load.critical ?? 0} warning={c?.load.warning ?? 0}>Devices</Item>
        <Item to="/history" icon="history">History</Item>
        <Item to="/jobs" icon="jobs" count={c?.jobsActive}>Jobs</Item>
        <Item to="/balance" icon="balance">Load balancing</Item>
        <Item to="/events" icon="info">Health events</Item>
      </Section>
      <Section title="Share">
        <Item to="/pools" icon="pools" count={c?.poolsTotal}>Pools</Item>
        <Item to="/groups" icon="groups" count={c?.groupsTotal}>Groups</Item>
        <Item to="/users" icon="users" count={c?.usersTotal}>Users</Item>
      </Section>
      {isOperator && (
        <Section title="Data">
          <Item to="/dvs" icon="versions">DVS targets</Item>
          <Item to="/feature-store" icon="features">Feature Store</Item>
        </Section>
      )}
      <Section title="Run">
        {isOperator && <Item to="/authentication" icon="lock">Authentication</Item>}
        {isOperator && <Item to="/clusters" icon="clusters">Remote clusters</Item>}
        {isOperator && <Item to="/webhooks" icon="webhook">Webhooks</Item>}
        {isOperator && <Item to="/audit" icon="audit">Audit log</Item>}
        <Item to="/about" icon="cluster">About</Item>
      </Section>
      <div className={css.foot}>
        {c ? <>{c.name} · {c.version}{c.isDemo && <><br />Simulated devices</>}</> : " "}
      </div>
    </nav>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={css.section}>
      <h2 className={css.heading}>{title}</h2>
      <ul>{children}</ul>
    </div>
  );
}

interface ItemProps {
  to: string;
  icon: IconName;
  count?: number | undefined;
  warning?: number;
  critical?: number;
  children: string;
}

function Item({ to, icon, count: total, warning = 0, critical = 0, children }: ItemProps) {
  const level = critical > 0 ? "CRITICAL" : warning > 0 ? "WARNING" : null;
  return (
    <li>
      <Link to={to} className={css.item} activeOptions={{ exact: to === "/", includeSearch: false }}>
        <Icon name={icon} />
        <span className={css.name}>{children}</span>
        {level !== null && (
          <span className={css[level]}>
            <Mark level={level} label={LEVEL_WORD[level]} /> {count(critical || warning)}
          </span>
        )}
        {total !== undefined && <span className={css.count}>{count(total)}</span>}
      </Link>
    </li>
  );
}
