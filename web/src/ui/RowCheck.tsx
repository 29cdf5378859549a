/** The box of a row whose numbers change every second: a plain one, made anew only when it is pressed. */
import { memo } from "react";
import css from "./RowCheck.module.css";

interface RowCheckProps {
  id: string;
  label: string;
  isSelected: boolean;
  /** The same function at every call. */
  onToggle: (id: string) => void;
}

export const RowCheck = memo(function RowCheck({ id, label, isSelected, onToggle }: RowCheckProps) {
  return (
    <label className={css.check}>
      <input type="checkbox" aria-label={label} checked={isSelected} onChange={() => onToggle(id)} />
    </label>
  );
});
