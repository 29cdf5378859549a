/** The whole cluster on one screen: sums, every device, load by pool, and what needs a person. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { LoadPanel } from "../balance/LoadPanel";
import { useCluster, useInventory, useLive } from "../live/Live";
import { fullMoment } from "../ui/format";
import { Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import css from "./Dashboard.module.css";
import { HeatMapPanel } from "./HeatMapPanel";
import { NeedsAttention } from "./NeedsAttention";
import { Readings } from "./Readings";
import { Tiles } from "./Tiles";

/** As many as leave the whole dashboard on one screen. */
const LOAD_ROWS = 6;

export function Dashboard() {
  const cluster = useCluster();
  const { failures } = useInventory();
  const { connection } = useLive();
  const { load = "pool" } = useSearch({ from: "/app/" });
  const navigate = useNavigate({ from: "/" });
  const failure = failures.get("cluster");
  return (
    <Screen title="Dashboard" aside={<Now />}>
      {failure !== undefined && cluster === null ? (
        <Panel title="Cluster">
          <Failed what="The cluster" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
        </Panel>
      ) : (
        <>
          <section className={css.sums} aria-label="The cluster in numbers">
            {cluster === null ? <Skeleton rows={1} rowHeight={115} /> : <><Tiles cluster={cluster} /><Readings cluster={cluster} /></>}
          </section>
          <HeatMapPanel />
          <div className={css.below}>
            <LoadPanel cluster={cluster} by={load} rows={LOAD_ROWS}
              onBy={(by) => void navigate({ search: (old) => ({ ...old, load: by }), replace: true })} />
            <NeedsAttention cluster={cluster} />
          </div>
        </>
      )}
    </Screen>
  );
}

function Now() {
  const now = useNow();
  return <time className={css.now} dateTime={new Date(now).toISOString()}>{fullMoment(now)}</time>;
}
