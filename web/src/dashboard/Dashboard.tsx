/** The whole cluster on one screen: sums, every device, load by pool, and what needs a person. */
import { useCluster, useInventory, useLive } from "../live/Live";
import { fullMoment } from "../ui/format";
import { Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import css from "./Dashboard.module.css";
import { HeatMapPanel } from "./HeatMapPanel";
import { LoadByPool } from "./LoadByPool";
import { NeedsAttention } from "./NeedsAttention";
import { Readings } from "./Readings";
import { Tiles } from "./Tiles";

export function Dashboard() {
  const cluster = useCluster();
  const { failures } = useInventory();
  const { connection } = useLive();
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
            <LoadByPool cluster={cluster} />
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
