/** A bar of 0 to 100 %, beside its number. Nothing is drawn for unknown. */
import css from "./Meter.module.css";

export function Meter({ percent, isWide }: { percent: number | null; isWide?: boolean }) {
  const isKnown = percent !== null && !Number.isNaN(percent);
  return (
    <span className={isWide ? css.wide : css.meter} {...(!isKnown && { "data-unknown": "" })} aria-hidden="true">
      {isKnown && <i style={{ width: `${Math.max(0, Math.min(100, percent))}%` }} />}
    </span>
  );
}
