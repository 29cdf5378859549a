/** Cluster, search, how fresh the data is, pause, theme and the person's menu: on every screen. */
import { useCluster } from "../live/Live";
import { Action } from "../ui/Action";
import { Icon } from "../ui/Icon";
import { LiveIndicator } from "./LiveIndicator";
import { setTheme, useTheme } from "./settings";
import css from "./TopBar.module.css";
import { UserMenu } from "./UserMenu";

interface TopBarProps {
  onSearch: () => void;
  onHelp: () => void;
  onRail: () => void;
  isRailOpen: boolean;
  togglePause: () => void;
}

export function TopBar({ onSearch, onHelp, onRail, isRailOpen, togglePause }: TopBarProps) {
  const cluster = useCluster();
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header className={css.bar}>
      <div className={css.railButton}>
        <Action kind="icon" label={isRailOpen ? "Hide the screens" : "Show the screens"} onPress={onRail}>
          <Icon name={isRailOpen ? "close" : "menu"} />
        </Action>
      </div>
      <div className={css.cluster}>
        <Icon name="cluster" />
        <b>{cluster?.name ?? "…"}</b>
        {cluster?.isDemo && (
          <span className={css.demo} title="The devices are simulated: no NVIDIA GPU is read.">
            Demo <span className={css.demoMore}>simulated devices</span>
          </span>
        )}
      </div>
      <Action className={css.search} label="Search or go to… Ctrl K" onPress={onSearch}>
        <Icon name="search" />
        <span className={css.searchText}>Search or go to…</span>
        <kbd className={css.key}>Ctrl K</kbd>
      </Action>
      <div className={css.right}>
        <LiveIndicator togglePause={togglePause} />
        <span className={css.divider} />
        <Action kind="icon" label={`Change to the ${other} theme`} onPress={() => setTheme(other)}>
          <Icon name={theme === "dark" ? "moon" : "sun"} />
        </Action>
        <UserMenu onHelp={onHelp} />
      </div>
    </header>
  );
}
