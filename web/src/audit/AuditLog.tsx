/** The audit log: who did what to what, when, from where and how it ended; searched and exported. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { graphql, useFragment } from "../gql";
import type { AuditLogQuery } from "../gql/graphql";
import { useIsOperator } from "../live/Live";
import { ForOperators } from "../session/Own";
import { usePages } from "../session/usePages";
import { Action } from "../ui/Action";
import { focusWhenThere } from "../ui/focus";
import { count, since } from "../ui/format";
import { brief, Filters } from "../ui/Filters";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Icon } from "../ui/Icon";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { Segments } from "../ui/Segments";
import { useNow } from "../ui/useNow";
import css from "./Audit.module.css";
import { AuditEntryLine, Did, EntryPane, Outcome, utc, Who } from "./Entry";
import { useExisting } from "./existing";
import { exportAddress, hasFilters, toFilter, type AuditSearch } from "./search";
import { TimeRange } from "./TimeRange";
import { useNews } from "./useNews";
import { ACTION_WORDS, KINDS } from "./words";

const AuditLogDocument = graphql(`
  query AuditLog($filter: AuditFilter, $first: Int!, $after: String) {
    auditEntries(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { id ...AuditEntryLine } }
    }
  }
`);

const PAGE = 100;
const entriesOf = (data: AuditLogQuery) => data.auditEntries;

const COLUMNS: readonly Column[] = [
  { key: "when", head: "When, UTC", width: "164px" },
  { key: "ago", head: "Ago", width: "80px", isNumber: true },
  { key: "who", head: "Who", width: "minmax(110px, 0.8fr)" },
  { key: "from", head: "From", width: "minmax(96px, 0.6fr)" },
  { key: "what", head: "What", width: "minmax(220px, 2fr)" },
  { key: "outcome", head: "Outcome", width: "minmax(150px, 2fr)" },
];
/** Beside an open entry. */
const BRIEF = COLUMNS.filter(({ key }) => ["when", "who", "what"].includes(key));

const OUTCOMES = [["ALL", "All"], ["false", "Done"], ["true", "Refused"]] as const;

export function AuditLog() {
  if (useIsOperator()) return <Log />;
  return <Screen title="Audit log"><Panel title="Who did what"><ForOperators title="The audit log is for operators">It tells what everybody changed.</ForOperators></Panel></Screen>;
}

function Log() {
  const { entry: open, ...filters } = useSearch({ from: "/app/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const now = useNow();
  const existing = useExisting();
  const filter = toFilter(filters);
  const pages = usePages(AuditLogDocument, { filter, first: PAGE }, entriesOf);
  const entries = useFragment(AuditEntryLine, pages.items ?? []);
  useNews(pages, filter);
  const [isAway, setAway] = useState(false);
  const [isTyping, setTyping] = useState(false);
  const [top, setTop] = useState<string>();
  const isHeld = isTyping || (isAway && entries.length > 0);
  const { newer, show } = pages;
  useEffect(() => {
    if (newer > 0 && !isHeld) show();
  }, [newer, isHeld, show]);
  const change = (next: Partial<AuditSearch>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const clear = () => void navigate({ search: {} });
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const opened = pages.items?.find((item) => item.id === open);
  const isBrief = opened !== undefined;

  const showNews = () => {
    show();
    setTop(pages.newest);
    focusWhenThere("[role=grid]");
  };

  const bar = (
    <Filters
      onTyping={setTyping}
      label="Object or reason"
      q={filters.search}
      filters={[
        { name: "actor", words: "Who", values: filters.actor === undefined ? undefined : [filters.actor] },
        { name: "action", words: "Action", values: filters.action, summary: filters.action && brief(filters.action.map((one) => ACTION_WORDS[one] ?? one)) },
        { name: "kind", words: "Object", values: filters.kind },
      ]}
      options={(name) =>
        name === "actor" ? [...new Set(entries.map((entry) => entry.actor))].toSorted().map((value) => ({ value }))
        : name === "action" ? Object.entries(ACTION_WORDS).map(([value, words]) => ({ value, words }))
        : KINDS.map((value) => ({ value }))}
      onWords={(search) => change({ search })}
      onChange={(name, values) => change(name === "actor" ? { actor: values?.at(-1) } : { [name]: values })}
      clear={clear}
    >
      <Segments label="Outcome" options={OUTCOMES} value={filters.refused ?? "ALL"} onChange={(next) => change({ refused: next === "ALL" ? undefined : next })} />
      <TimeRange since={filters.since} until={filters.until} onChange={change} />
    </Filters>
  );
  return (
    <div className={pane.split}>
      <div className={pane.list}>
        <Screen
          title="Audit log"
          isFilling
          note={
            <>
              {pages.items && count(pages.total)}
              <span role="status">{newer > 0 && isHeld && <> · <Action kind="link" onPress={showNews}>{newer < PAGE ? count(newer) : `${count(PAGE)} or more`} new</Action></>}</span>
            </>
          }
          aside={
            <>
              <a href={exportAddress(filters)} download>Export JSON lines</a>
              <Action onPress={pages.again} isDisabled={pages.isLoading}><Icon name="refresh" /> Refresh</Action>
            </>
          }
        >
          {bar}
          <div className={pane.panel}>
            {pages.failure && !pages.items ? <Failed what="The audit log" failure={pages.failure} retry={pages.again} />
              : !pages.items ? <Skeleton rows={18} rowHeight={32} />
              : entries.length === 0 && hasFilters(filters) ? <Empty title="No entry matches" action={<Action onPress={clear}>Clear filters</Action>} />
              : entries.length === 0 ? <Empty title="Nothing has been logged yet">Every management action is kept here, refused ones too.</Empty>
              : (
                <Grid
                  label="Audit log"
                  columns={isBrief ? BRIEF : COLUMNS}
                  minWidth={isBrief ? 480 : 860}
                  rowHeight={32}
                  ids={entries.map((entry) => entry.id)}
                  state={(id) => ({ isSelected: id === open })}
                  onOpen={(id) => change({ entry: id })}
                  isFollowing={isBrief}
                  activeId={top}
                  onAway={setAway}
                  note={<>newest first{pages.hasMore && <> · {count(entries.length)} of {count(pages.total)} read</>}</>}
                  aside={pages.hasMore && (
                    <Action kind="link" isDisabled={pages.isLoading} onPress={pages.more}>{pages.isLoading ? "Reading…" : `Show ${count(Math.min(PAGE, pages.total - entries.length))} more`}</Action>
                  )}
                  renderCells={(id) => {
                    const entry = byId.get(id);
                    return entry && (
                      <>
                        <Cell>{utc(entry.time)}</Cell>
                        {!isBrief && <Cell kind="number"><span className={css.muted}>{since(entry.time, now)}</span></Cell>}
                        <Cell><Who entry={entry} /></Cell>
                        {!isBrief && <Cell>{entry.address ?? <span className={css.muted}>–</span>}</Cell>}
                        <Cell><Did entry={entry} existing={existing} /></Cell>
                        {!isBrief && <Cell title={entry.message ?? undefined}><Outcome entry={entry} /></Cell>}
                      </>
                    );
                  }}
                />
              )}
          </div>
        </Screen>
      </div>
      {opened && <EntryPane key={opened.id} entry={opened} existing={existing} close={() => change({ entry: undefined })} />}
    </div>
  );
}
