/** What the cells mean, for the metric that is shown. */
import { useHasOutOfService } from "../cordon/useHasOutOfService";
import css from "./HeatMap.module.css";
import type { HeatMetric } from "./heatSearch";

const OF: Record<HeatMetric, string> = {
  used: "",
  memory: " of memory",
  temperature: " of the slow-down limit",
  power: " of the power limit",
  allocation: "",
};

export function Legend({ metric }: { metric: HeatMetric }) {
  const hasOut = useHasOutOfService();
  const hasStates = metric === "used" || metric === "allocation";
  return (
    <div className={css.legend}>
      {hasStates && <span><i className={css.free} /> free</span>}
      {hasStates && <span><i className={css.idle} /> allocated, idle</span>}
      {hasOut && <span><i className={css.out} /> out of service</span>}
      {metric === "allocation" ? (
        <span><i className={css.load} /> computing</span>
      ) : (
        <span>
          0
          <span className={css.ramp}>
            {[0, 1, 2, 3, 4, 5].map((step) => <i key={step} style={{ background: `var(--r${step})` }} />)}
          </span>
          100 %{OF[metric]}
        </span>
      )}
      <span className={css.optional}><i className={css.none} /> no data</span>
      <span className={css.optional}><i className={css.critical} /> critical</span>
      <span className={css.optional}><i className={css.warning} /> warning</span>
    </div>
  );
}
