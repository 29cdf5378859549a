/** The mark of a health level: a shape of its own for each, so that colour is never the only sign. */
import type { HealthLevel } from "../gql/graphql";
import css from "./Mark.module.css";

export type MarkLevel = HealthLevel | "STALE" | "BALANCE" | "OUT";

export const LEVEL_WORD: Record<MarkLevel, string> = {
  OK: "OK",
  WARNING: "Warning",
  CRITICAL: "Critical",
  UNKNOWN: "Unknown",
  STALE: "Stale",
  BALANCE: "To balance",
  OUT: "Out of service",
};

/** `label` is for marks without words beside them. */
export function Mark({ level, label }: { level: MarkLevel; label?: string }) {
  const role = label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg className={css[level]} width={12} height={12} viewBox="0 0 12 12" {...role}>
      {SHAPES[level]}
    </svg>
  );
}

const DOTTED = <circle cx={6} cy={6} r={4} fill="none" stroke="currentColor" strokeWidth={1.6} strokeDasharray="2 1.4" />;

const SHAPES: Record<MarkLevel, React.ReactNode> = {
  OK: <circle cx={6} cy={6} r={2.5} fill="currentColor" />,
  WARNING: (
    <>
      <path d="M6 .8 11.7 11H.3z" fill="currentColor" />
      <path d="M6 4.5v3M6 9.3v.2" className={css.ink} />
    </>
  ),
  CRITICAL: (
    <>
      <rect width={12} height={12} rx={1.5} fill="currentColor" />
      <path d="M6 2.5v4M6 9.2v.2" className={css.ink} />
    </>
  ),
  UNKNOWN: DOTTED,
  STALE: DOTTED,
  OUT: <path d="M6 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zM2.7 9.3l6.6-6.6" fill="none" stroke="currentColor" strokeWidth={1.5} />,
  BALANCE: <path d="M6 1.3 10.7 6 6 10.7 1.3 6z" fill="none" stroke="currentColor" strokeWidth={1.3} />,
};
