/** The frame round every screen: rail, top bar, what has to be said on all of them, and the screen. */
import { Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { LicenceBanner } from "../licence/LicenceBanner";
import { LicenceProvider } from "../licence/live";
import { LiveProvider, useCluster, useFreshness, useLive } from "../live/Live";
import { GraphProvider } from "../session/graph";
import { OwnLine, OwnProvider } from "../session/Own";
import type { Session } from "../session/session";
import { Announcer } from "../ui/announce";
import { Banner } from "./Banner";
import { Help } from "./Help";
import { Rail } from "./Rail";
import { SearchBox } from "./SearchBox";
import css from "./Shell.module.css";
import { useShortcuts } from "./shortcuts";
import { TopBar } from "./TopBar";

const OTHERS_AFTER_MS = 2000;

export function Shell({ session }: { session: Session }) {
  return (
    <GraphProvider>
      <LiveProvider session={session}>
        <OwnProvider><LicenceProvider><Frame /></LicenceProvider></OwnProvider>
      </LiveProvider>
    </GraphProvider>
  );
}

function Frame() {
  const { store } = useLive();
  const { kind } = useFreshness();
  const cluster = useCluster();
  const [isSearching, setSearching] = useState(false);
  const [isHelping, setHelping] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // Open on this screen only: whoever has gone elsewhere through it wants to see where.
  const [railOpenOn, setRailOpenOn] = useState<string | null>(null);
  const isRailOpen = railOpenOn === path;
  const togglePause = () => (store.pausedAt === null ? store.pause() : store.resume());
  useOtherScreens();
  useShortcuts({ search: () => setSearching(true), togglePause, help: () => setHelping(true) });

  return (
    <div className={css.shell}>
      <a className={css.skip} href="#screen">Skip to the screen</a>
      <Rail isOpen={isRailOpen} cluster={cluster} />
      <div className={css.right}>
        <TopBar
          onSearch={() => setSearching(true)}
          onHelp={() => setHelping(true)}
          onRail={() => setRailOpenOn(isRailOpen ? null : path)}
          isRailOpen={isRailOpen}
          togglePause={togglePause}
        />
        <Banner />
        <LicenceBanner />
        <OwnLine />
        <main id="screen" tabIndex={-1} className={css.screen} {...(kind === "stale" && { "data-stale": "" })}>
          <Outlet />
        </main>
      </div>
      <SearchBox isOpen={isSearching} onOpenChange={setSearching} />
      <Help isOpen={isHelping} onOpenChange={setHelping} />
      <Announcer />
    </div>
  );
}

/** Fetches the other screens once this one stands, so that an outage later on keeps none of them away. */
function useOtherScreens(): void {
  const { routesById, loadRouteChunk } = useRouter();
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const route of Object.values(routesById)) void loadRouteChunk(route);
    }, OTHERS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [routesById, loadRouteChunk]);
}
