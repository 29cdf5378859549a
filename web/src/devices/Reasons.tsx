/** Why a device is not well, what it means and what to do, in the server's words. */
import { Link } from "@tanstack/react-router";
import type { DeviceInfo } from "../live/documents";
import { since, timeOfDay } from "../ui/format";
import css from "./DeviceList.module.css";
import pane from "../ui/Pane.module.css";
import { useNow } from "../ui/useNow";

export function Reasons({ device }: { device: DeviceInfo }) {
  const now = useNow();
  return (
    <div data-testid="reasons">
      {device.health.reasons.map((reason) => (
        <section key={reason.code + reason.title} className={css.reason} data-level={reason.level}>
          <h2 className={css.reasonHead}>
            {reason.title}
            {reason.since != null && <span>{timeOfDay(reason.since)} · {since(reason.since, now)}</span>}
          </h2>
          <p>{reason.detail}</p>
          {reason.remedy.length > 0 && (
            <>
              <h3>What to do</h3>
              <ol>{reason.remedy.map((step) => <li key={step}>{step}</li>)}</ol>
            </>
          )}
          {reason.source != null && <p>Source: {reason.source}</p>}
        </section>
      ))}
      <p className={`${pane.sub} ${css.more}`}>
        <Link to="/events" search={{ device: device.uuid }}>All events of this device</Link>
      </p>
    </div>
  );
}
