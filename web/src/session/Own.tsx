/**
 * What somebody without the role Operator sees, said plainly: a line over every screen, and the reason
 * where a screen has nothing. A role that is given meanwhile is noticed here; a lost one closes the
 * socket.
 */
import { useRouter } from "@tanstack/react-router";
import { createContext, use, useEffect, type ReactNode } from "react";
import { useGroups } from "../groups/live";
import { useIsOperator, useLive } from "../live/Live";
import { Icon } from "../ui/Icon";
import { Empty } from "../ui/Panel";
import { useUsers } from "../users/live";
import css from "./Own.module.css";

/** What is one's own; null for operators, who see everything. */
interface Own {
  hasRole: boolean;
  group: string | null;
  pool: string | null;
}

const OwnContext = createContext<Own | null>(null);

export function OwnProvider({ children }: { children: ReactNode }) {
  return useIsOperator() ? <OwnContext value={null}>{children}</OwnContext> : <Watched>{children}</Watched>;
}

function Watched({ children }: { children: ReactNode }) {
  const { session } = useLive();
  const router = useRouter();
  const { items: users } = useUsers();
  const { items: groups } = useGroups();
  const self = [...users.values()].find((user) => user.name === session.name);
  const group = self?.group ? groups.get(self.group.id) : undefined;
  const now = self && rolesKey(self.roles);
  const atSignIn = rolesKey(session.roles);
  useEffect(() => {
    if (now !== undefined && now !== atSignIn) void router.invalidate();
  }, [now, atSignIn, router]);
  return <OwnContext value={{ hasRole: session.roles.length > 0, group: group?.name ?? null, pool: group?.pool?.name ?? null }}>{children}</OwnContext>;
}

export const rolesKey = (roles: readonly string[]): string => [...roles].toSorted().join(" ");

/** Over every screen of who is no operator. */
export function OwnLine() {
  const own = use(OwnContext);
  if (own === null) return null;
  return <p className={css.line} data-testid="own"><Icon name="lock" size={14} /> {inWords(own)} Only operators see the whole cluster.</p>;
}

function inWords({ hasRole, group, pool }: Own): string {
  if (!hasRole) return "You have no role yet, so you see only your own profile. Any operator can give you one.";
  if (group === null) return "You are in no group, so no pool is yours. You see your own jobs.";
  return `You see your group ${group}, ${pool === null ? "which has no pool" : `its pool ${pool}`}, and your own jobs.`;
}

interface NothingProps {
  /** For operators: "No device yet". */
  title: string;
  /** Of what there is nothing: "devices". */
  of: string;
  /** What operators can do about it. */
  children?: ReactNode;
}

/** An empty list: operators read what to do, others why it is empty for them. */
export function Nothing({ title, of, children }: NothingProps) {
  const own = use(OwnContext);
  if (own === null) return <Empty title={title}>{children}</Empty>;
  return <Empty title={`No ${of} of yours`}>Only operators see the {of} of others. {own.hasRole && own.group !== null ? "" : inWords(own)}</Empty>;
}

/** In place of a screen that is for operators. */
export function ForOperators({ title, children }: { title: string; children: ReactNode }) {
  const { session } = useLive();
  return <Empty title={title}>{children} You are signed in as {session.name}, without the role Operator; any operator can give it to you.</Empty>;
}
