/** The live data of one signed-in person: made when the shell appears, dropped when it goes. */
import { useRouter } from "@tanstack/react-router";
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { compareSession, leaveSignedOut, type Session } from "../session/session";
import { Connection } from "./connection";
import { FreshnessMonitor, type Freshness } from "./freshness";
import { LiveStore } from "./store";
import { openGraphqlWs } from "./transport";

export interface Live {
  session: Session;
  store: LiveStore;
  connection: Connection;
  monitor: FreshnessMonitor;
}

const LiveContext = createContext<Live | null>(null);

function makeLive(session: Session, onRolesChanged: () => void): Live {
  const store = new LiveStore();
  const { protocol, host } = window.location;
  const connection = new Connection({
    open: openGraphqlWs(`${protocol === "https:" ? "wss" : "ws"}://${host}/graphql`),
    checkSession: () => compareSession(session),
    onSignedOut: leaveSignedOut,
    onRolesChanged,
  });
  return { session, store, connection, monitor: new FreshnessMonitor(store, connection) };
}

export function LiveProvider({ session, children }: { session: Session; children: ReactNode }) {
  const router = useRouter();
  // Read again, the session comes back with other roles, and the shell is made anew.
  const [live] = useState(() => makeLive(session, () => void router.invalidate()));
  useEffect(() => {
    const { store, connection, monitor } = live;
    const detach = store.attach(connection);
    const stopMonitor = monitor.start();
    const stopWaking = listenForWaking(() => {
      monitor.look();
      connection.woke();
    });
    connection.start();
    return () => {
      stopWaking();
      stopMonitor();
      detach();
      connection.stop();
    };
  }, [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** A page that was frozen, hidden or offline shows how old its numbers are before anything else. */
function listenForWaking(woke: () => void): () => void {
  const visible = () => document.visibilityState === "visible" && woke();
  document.addEventListener("visibilitychange", visible);
  document.addEventListener("resume", woke);
  window.addEventListener("pageshow", woke);
  window.addEventListener("online", woke);
  return () => {
    document.removeEventListener("visibilitychange", visible);
    document.removeEventListener("resume", woke);
    window.removeEventListener("pageshow", woke);
    window.removeEventListener("online", woke);
  };
}

export function useLive(): Live {
  const live = use(LiveContext);
  if (live === null) throw new Error("useLive is for components inside the shell.");
  return live;
}

/** Whether to offer what only operators may do; the server decides. */
export const useIsOperator = (): boolean => useLive().session.roles.includes("OPERATOR");

/** Renders again with every tick of the fleet; for what shows its numbers. */
export function useFleet() {
  const { store } = useLive();
  useSyncExternalStore(store.ticked.subscribe, store.ticked.snapshot);
  return store.fleet;
}

/** Renders again when a device, node or job changed (not its telemetry). */
export function useInventory() {
  const { store } = useLive();
  const version = useSyncExternalStore(store.inventoryChanged.subscribe, store.inventoryChanged.snapshot);
  return { devices: store.devices, nodes: store.nodes, jobs: store.jobs, failures: store.failures, version };
}

export function useCluster() {
  const { store } = useLive();
  useSyncExternalStore(store.clusterChanged.subscribe, store.clusterChanged.snapshot);
  return store.cluster;
}

export function useFreshness(): Freshness {
  const { monitor } = useLive();
  return useSyncExternalStore(monitor.changed.subscribe, () => monitor.current);
}
