/** A framed part of a screen. Its empty, loading, stale and failed states look the same everywhere. */
import { Component, useEffect, useId, useState, type ReactNode } from "react";
import { useFreshness } from "../live/Live";
import type { Failure } from "../session/graph";
import { Action } from "./Action";
import css from "./Panel.module.css";
import { NOT_COPIED, useCopy } from "./copy";
import { duration, timeOfDay } from "./format";
import { Icon } from "./Icon";
import { Mark } from "./Mark";

interface PanelProps {
  title: string;
  /** Beside the title, muted: "6, worst first". */
  note?: ReactNode;
  /** At the right of the head. */
  aside?: ReactNode;
  /** Shows live numbers: says so when they are old. */
  isLive?: boolean;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, note, aside, isLive, className, children }: PanelProps) {
  const id = useId();
  return (
    <section className={`${css.panel} ${className ?? ""}`} aria-labelledby={id}>
      <header className={css.head}>
        <h2 id={id} className={css.title}>{title}</h2>
        {note !== undefined && <span className={css.note}>{note}</span>}
        {isLive && <StaleNote />}
        {aside !== undefined && <div className={css.aside}>{aside}</div>}
      </header>
      <PanelBoundary title={title}>{children}</PanelBoundary>
    </section>
  );
}

function StaleNote() {
  const { kind, ageSeconds } = useFreshness();
  if (kind !== "stale" || ageSeconds === null) return null;
  return (
    <span className={css.stale}>
      <Mark level="WARNING" /> {duration(ageSeconds * 1000)} old
    </span>
  );
}

interface FailedProps {
  what: string;
  failure: Failure;
  retry?: () => void;
}

export function Failed({ what, failure, retry }: FailedProps) {
  const [at] = useState(() => Date.now());
  return (
    <div className={css.state} role="alert">
      <p className={css.stateTitle}><Mark level="CRITICAL" /> {what} could not be read</p>
      <p className={css.stateText}>The server said: “{failure.message}”</p>
      <p className={css.stateText}>
        {timeOfDay(at)}
        {failure.requestId !== null && <> · request <code>{failure.requestId}</code> <CopyButton text={failure.requestId} what="request id" /></>}
      </p>
      {retry && <Action onPress={retry}><Icon name="refresh" /> Retry</Action>}
    </div>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.state}>
      <p className={css.stateTitle}>{title}</p>
      {children !== undefined && <div className={css.stateText}>{children}</div>}
      {action}
    </div>
  );
}

/** Rows of true height, after 200 ms: a fast answer never flickers. */
export function Skeleton({ rows, rowHeight }: { rows: number; rowHeight: number }) {
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" style={{ minHeight: rows * rowHeight }}>
      {isVisible &&
        Array.from({ length: rows }, (_, i) => (
          <div key={i} className={css.skeletonRow} style={{ height: rowHeight }}>
            <i style={{ width: `${18 + ((i * 7) % 12)}%` }} /><i style={{ width: "34%" }} /><i style={{ width: "12%" }} />
          </div>
        ))}
    </div>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const { state, copy } = useCopy(text);
  return (
    <>
      <Action kind="icon" label={state === "copied" ? "Copied" : `Copy ${what}`} onPress={copy}>
        <Icon name="copy" size={14} />
      </Action>
      <span className={state === "failed" ? css.notCopied : "visually-hidden"} role="status">
        {state === "copied" ? "Copied" : state === "failed" ? NOT_COPIED : ""}
      </span>
    </>
  );
}

/** One broken panel does not take the screen with it. */
export class PanelBoundary extends Component<{ title: string; children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Empty title={`${this.props.title} could not be shown`} action={<Action onPress={() => this.setState({ error: null })}>Try again</Action>}>
        This page failed: “{error.message}”. The other panels go on.
      </Empty>
    );
  }
}
