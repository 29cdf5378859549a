/** From when to when, in UTC as the log has it: a few spans up to now, or two moments. */
import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { Action } from "../ui/Action";
import css from "./Audit.module.css";

interface TimeRangeProps {
  since: string | undefined;
  until: string | undefined;
  onChange: (range: { since: string | undefined; until: string | undefined }) => void;
}

const HOUR_MS = 3_600_000;
const SPANS: readonly (readonly [words: string, ms: number])[] = [
  ["Last hour", HOUR_MS],
  ["Last 24 hours", 24 * HOUR_MS],
  ["Last 7 days", 7 * 24 * HOUR_MS],
  ["Last 30 days", 30 * 24 * HOUR_MS],
];

export function TimeRange({ since, until, onChange }: TimeRangeProps) {
  return (
    <DialogTrigger>
      <Button className={css.time}>{rangeWords(since, until)}</Button>
      <Popover className={css.popover} placement="bottom start">
        <Dialog aria-label="Time range" className={css.range}>
          {({ close }) => <Range since={since} until={until} onChange={(range) => { onChange(range); close(); }} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Range({ since, until, onChange }: TimeRangeProps) {
  const [from, setFrom] = useState(toInput(since));
  const [to, setTo] = useState(toInput(until));
  const isBackwards = from !== "" && to !== "" && from >= to;
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (!isBackwards) onChange({ since: fromInput(from), until: fromInput(to) }); }}>
      <div className={css.spans}>
        {SPANS.map(([words, ms]) => (
          <Action key={words} onPress={() => onChange({ since: new Date(Date.now() - ms).toISOString(), until: undefined })}>{words}</Action>
        ))}
        <Action onPress={() => onChange({ since: undefined, until: undefined })}>Any time</Action>
      </div>
      <label className={css.moment}>From, UTC <input type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} /></label>
      <label className={css.moment}>Until, UTC <input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} aria-invalid={isBackwards} aria-describedby="range-error" /></label>
      <p id="range-error" className={css.error} role="status">{isBackwards ? "This ends before it begins." : ""}</p>
      <Action kind="primary" type="submit" isDisabled={isBackwards}>Show</Action>
    </form>
  );
}

function rangeWords(since: string | undefined, until: string | undefined): string {
  if (since === undefined && until === undefined) return "Any time";
  if (until === undefined) return `Since ${shortly(since)}`;
  return since === undefined ? `Until ${shortly(until)}` : `${shortly(since)} to ${shortly(until)}`;
}

const shortly = (moment: string | undefined): string => (moment ?? "").slice(0, 16).replace("T", " ");
/** What the browser's field holds has no time zone: here it is UTC. */
const toInput = (moment: string | undefined): string => (moment ?? "").slice(0, 16);
const fromInput = (text: string): string | undefined => (text === "" ? undefined : new Date(`${text}Z`).toISOString());
