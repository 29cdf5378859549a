/** A History view: what is shown of whom, the ways to change that, and its empty, loading and failed states. */
import { useMemo, useState, type ReactNode } from "react";
import type { HistoryMetric } from "../gql/graphql";
import { EventLines } from "../events/EventLines";
import { useInventory, useLive } from "../live/Live";
import { Action } from "../ui/Action";
import { duration, timeOfDay } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { Segments } from "../ui/Segments";
import { spanWords } from "./atCursor";
import { chartsOf, USUAL } from "./charts";
import { ChartStack } from "./ChartStack";
import { Compared } from "./Compared";
import { Cursor } from "./cursor";
import { DevicePicker } from "./DevicePicker";
import css from "./History.module.css";
import { HistoryTable } from "./HistoryTable";
import { isOfHost, METRIC_NAMES, METRICS } from "./metrics";
import { isEmpty, timesOf, type History } from "./model";
import { Overview } from "./Overview";
import { Picker } from "./Picker";
import { RANGES } from "./ranges";
import { MOST_COMPARED, type HistorySearch } from "./search";
import { limitsOf, type Subject } from "./subject";
import { inStretch, useEvents } from "./useEvents";
import { useShown } from "./useShown";
import { ZoomTools } from "./ZoomTools";

const CHART_ROWS = 132;

interface ChartsProps {
  subject: Subject;
  search: HistorySearch;
  change: (next: HistorySearch) => void;
  choose: (uuids: string[]) => void;
  crumb: ReactNode;
}

export function Charts({ subject, search, change, choose, crumb }: ChartsProps) {
  const { nodes } = useInventory();
  const { fleet } = useLive().store;
  const [cursor] = useState(() => new Cursor());
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set());
  const metrics = (search.metric ?? USUAL).filter((metric) => subject.whose.kind === "node" || !isOfHost(metric));
  const shownTime = useShown(subject, metrics, search, change);
  const { history, failure, isLoading, shown, whole, version } = shownTime;
  const { events, hasPlace, isTooMany } = useEvents(subject);
  const isOfSeveral = subject.whose.kind !== "devices";
  const isCompared = subject.parts.length > 1;
  const limits = JSON.stringify(limitsOf(subject, fleet, nodes.values()));
  const question = metrics.join();
  const charts = useMemo(
    () => (history ? chartsOf(question.split(",") as HistoryMetric[], history, JSON.parse(limits) as ReturnType<typeof limitsOf>, isOfSeveral) : []),
    [history, question, limits, isOfSeveral],
  );
  const drawnEvents = useMemo(() => events.map(({ drawn }) => drawn), [events]);
  const toggle = (id: string) => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  const uuids = subject.devices.map((device) => device.uuid);
  const about = events.filter(({ drawn }) => inStretch(drawn, shown));

  return (
    <Screen
      title={isCompared ? `History of ${subject.title}` : "History"}
      crumb={crumb}
      note={isCompared ? undefined : subject.whose.kind === "devices" ? undefined : subject.whose.kind}
      aside={
        <>
          <Segments label="Range" options={shownTime.ranges.map((name) => [name, RANGES[name].words] as const)} value={shownTime.range} onChange={shownTime.chooseRange} />
          <Picker label="Numbers" chosen={metrics} onChange={(next) => change({ metric: next.length === 0 ? undefined : METRIC_NAMES.filter((name) => next.includes(name)) })}
            options={() => METRIC_NAMES.filter((name) => subject.whose.kind === "node" || !isOfHost(name)).map((name) => ({ id: name, words: METRICS[name].title, note: METRICS[name].unit }))}>
            <Icon name="plus" /> Numbers
          </Picker>
          {subject.whose.kind === "devices" && <DevicePicker chosen={uuids} onChange={choose}><Icon name="plus" /> {isCompared ? "Devices" : "Compare"}</DevicePicker>}
          {subject.whose.kind === "node" && uuids.length > 1 && <Action onPress={() => choose(uuids.slice(0, MOST_COMPARED))}>Compare its devices</Action>}
        </>
      }
    >
      <div className={isCompared ? css.beside : css.alone}>
        <Panel
          title={history ? spanWords(history, shown.from, shown.to) : "History"}
          isLive
          note={history && <Words history={history} isCompared={isCompared} isOfSeveral={isOfSeveral} isFollowing={shownTime.isFollowing} asOf={shownTime.asOf} isZoomed={shownTime.isZoomed} again={shownTime.again} />}
          aside={
            <>
              <ZoomTools shown={shown} whole={whole} about={() => cursor.time} onZoom={shownTime.zoomTo} onReset={shownTime.reset} />
              <Action kind="icon" label={search.view === "table" ? "As charts" : "As a table"} onPress={() => change({ view: search.view === "table" ? undefined : "table" })}>
                <Icon name={search.view === "table" ? "history" : "table"} />
              </Action>
            </>
          }
        >
          <div className={css.body} data-testid="history" {...(isLoading && { "aria-busy": true })} data-following={shownTime.isFollowing}>
            {isLoading && history && <i className={css.refresh} />}
            {failure && <Failed what="The history" failure={failure} retry={shownTime.retry} />}
            {history === undefined ? !failure && <Skeleton rows={metrics.length} rowHeight={CHART_ROWS} />
              : history === null ? <Empty title={`There is no ${subject.whose.kind} of this name`} />
              : isEmpty(history) && !isLoading ? (
                <Empty title="Nothing was recorded in this range" {...(shownTime.isZoomed && { action: <Action onPress={shownTime.reset}>Show the whole range</Action> })}>
                  {history.source === "RECENT" ? "The last hour is kept here, from when the product was started." : "The Prometheus server has no numbers of it from this time."}
                </Empty>
              )
              : search.view === "table" ? <HistoryTable history={history} charts={charts} parts={subject.parts} shown={shown} />
              : <ChartStack history={history} version={version} charts={charts} parts={subject.parts} hidden={hidden} events={drawnEvents} shown={shown} cursor={cursor} onZoom={shownTime.zoomTo} onReset={shownTime.reset} />}
            {shownTime.inSmall && charts.length > 0 && <Small name={isCompared ? subject.parts[0].name : null} history={shownTime.inSmall} version={version} charts={charts} shownTime={shownTime} />}
          </div>
        </Panel>
        {isCompared && history && (
          <Panel title="Compared" isLive>
            <Compared history={history} parts={subject.parts} metrics={metrics} cursor={cursor} hidden={hidden} onToggle={toggle}
              onRemove={(id) => choose(subject.devices.filter((device) => device.id !== id).map((device) => device.uuid))} />
          </Panel>
        )}
      </div>
      {!isTooMany && (
        <Panel title="Events in this time">
          {about.length === 0 ? <p className={css.quiet}>No change of health in this time.</p> : <EventLines events={about.map(({ node }) => node)} hasPlace={hasPlace} />}
        </Panel>
      )}
    </Screen>
  );
}

function Small({ name, history, version, charts, shownTime }: { name: string | null; history: History; version: number; charts: ReturnType<typeof chartsOf>; shownTime: ReturnType<typeof useShown> }) {
  const [chart] = charts;
  // The version stands for what the columns hold.
  // oxlint-disable-next-line react/exhaustive-deps
  const times = useMemo(() => timesOf(history), [history, version]);
  const column = history.lines[0]?.values.get(chart.metric)?.mean;
  const { divisor } = chart;
  const values = useMemo(() => times.map((_, i) => { const value = column?.[i] ?? null; return value === null ? null : value / divisor; }), [times, column, divisor]);
  return (
    <Overview label={`${name === null ? "" : `${name}: `}${chart.title} in the whole range`} times={times} values={values} bucketSeconds={history.bucketSeconds} top={chart.top}
      whole={shownTime.whole} shown={shownTime.shown} onZoom={shownTime.zoomTo} />
  );
}

interface WordsProps {
  history: History;
  isCompared: boolean;
  isOfSeveral: boolean;
  isFollowing: boolean;
  isZoomed: boolean;
  asOf: number;
  again: () => void;
}

/** What a point is, and how new all of it is. */
function Words({ history: { bucketSeconds, source }, isCompared, isOfSeveral, isFollowing, isZoomed, asOf, again }: WordsProps) {
  const mean = bucketSeconds === 1 ? "every second" : `means of ${duration(bucketSeconds * 1000)}`;
  const band = isCompared || (bucketSeconds === 1 && !isOfSeveral) ? "" : ", band from least to greatest";
  return (
    <>
      {mean}{band}{source === "PROMETHEUS" && " · from Prometheus"}
      {!isFollowing && !isZoomed && <> · read at {timeOfDay(asOf * 1000)} <Action kind="link" onPress={again}>Read again</Action></>}
    </>
  );
}
