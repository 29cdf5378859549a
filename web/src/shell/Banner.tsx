/** What has to be said on every screen: that the data is old and when it is tried again, or paused. */
import { useFreshness, useLive } from "../live/Live";
import { Action } from "../ui/Action";
import { duration, timeOfDay } from "../ui/format";
import { Mark } from "../ui/Mark";
import css from "./Banner.module.css";

export function Banner() {
  const { store, connection } = useLive();
  const { kind, ageSeconds, isSilent, lastDataTime, retryInSeconds, pausedAt } = useFreshness();
  const trying = retryInSeconds === null ? "Trying now." : `Trying again in ${retryInSeconds} s.`;
  if (kind === "stale") {
    return (
      <div className={css.stale} data-testid="stale">
        <Mark level="WARNING" />
        <span>
          {lastDataTime === null ? <b>No data yet.</b> : <><b>Last data {timeOfDay(lastDataTime)}</b>, {duration((ageSeconds ?? 0) * 1000)} ago.</>}{" "}
          What is shown is not live. {isSilent ? "The server hears no node: Redis or the collectors are away." : trying}
        </span>
        {!isSilent && <Action kind="link" onPress={() => connection.retryNow()}>Retry now</Action>}
      </div>
    );
  }
  if (kind === "starting" && connection.state === "waiting") {
    return (
      <div className={css.stale}>
        <Mark level="WARNING" />
        <span>No data yet: the live connection could not be opened. {trying}</span>
        <Action kind="link" onPress={() => connection.retryNow()}>Retry now</Action>
      </div>
    );
  }
  if (pausedAt !== null) {
    return (
      <div className={css.paused}>
        <span><b>Paused since {timeOfDay(pausedAt)}.</b> Numbers are held still; charts go on being recorded.</span>
        <Action kind="link" onPress={() => store.resume()}>Go on</Action>
      </div>
    );
  }
  return null;
}
