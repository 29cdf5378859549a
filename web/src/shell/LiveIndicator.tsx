/** One dot for the whole page: live with its age, paused, stale with its age, or starting. */
import { useFreshness } from "../live/Live";
import { Action } from "../ui/Action";
import { duration } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import css from "./TopBar.module.css";

const WORDS = { starting: "Connecting", live: "Live", paused: "Paused", stale: "Stale" };

export function LiveIndicator({ togglePause }: { togglePause: () => void }) {
  const { kind, ageSeconds, pausedAt } = useFreshness();
  const isPaused = pausedAt !== null;
  return (
    <>
      <span className={css.live} data-kind={kind} data-testid="live">
        {kind === "stale" ? <Mark level="WARNING" /> : <span className={css.dot} />}
        <b>{WORDS[kind]}</b>
        {ageSeconds !== null && <span className={css.age}>{duration(ageSeconds * 1000)}</span>}
      </span>
      <span className="visually-hidden" role="status">{kind === "starting" ? "" : WORDS[kind]}</span>
      <Action kind="icon" label={isPaused ? "Go on with live numbers" : "Pause: hold the numbers still"} onPress={togglePause}>
        <Icon name={isPaused ? "play" : "pause"} />
      </Action>
    </>
  );
}
