/** Things to tick. What is not offered stays in the list, with the reason in place of the box's use. */
import type { ReactNode } from "react";
import { Checkbox } from "react-aria-components";
import css from "./Check.module.css";

interface CheckProps {
  isSelected: boolean;
  isIndeterminate?: boolean;
  isDisabled?: boolean;
  onChange: (isSelected: boolean) => void;
  /** The name, where no words stand beside the box. */
  label?: string;
  children?: ReactNode;
}

export function Check({ isSelected, isIndeterminate, isDisabled, onChange, label, children }: CheckProps) {
  return (
    <Checkbox className={css.check} isSelected={isSelected} onChange={onChange}
      {...(isIndeterminate && { isIndeterminate })} {...(isDisabled && { isDisabled })} {...(label !== undefined && { "aria-label": label })}>
      <span className={css.box} aria-hidden="true">
        <svg width={10} height={10} viewBox="0 0 10 10" fill="none" stroke="currentColor" strokeWidth={1.8} strokeLinecap="round" strokeLinejoin="round">
          <path d={isIndeterminate ? "M2 5h6" : "M1.8 5.3 4 7.5 8.2 2.7"} />
        </svg>
      </span>
      {children}
    </Checkbox>
  );
}

interface CheckRowProps extends Omit<CheckProps, "label" | "isDisabled"> {
  /** At the right: what belongs to the thing, controls of a chosen one. */
  aside?: ReactNode;
  /** "not offered, because ...": it cannot be ticked. */
  reason?: ReactNode;
}

/** A row of 36 px in a list of a popup. */
export function CheckRow({ isSelected, isIndeterminate, onChange, aside, reason, children }: CheckRowProps) {
  const isOffered = reason == null;
  return (
    <li className={css.row} {...(isSelected && { "data-selected": "" })}>
      <Check isSelected={isSelected} isDisabled={!isOffered} onChange={onChange} {...(isIndeterminate && { isIndeterminate })}>
        <span className={css.words}>{children}</span>
        {!isOffered && <span className={css.reason}>{reason}</span>}
      </Check>
      {aside != null && <div className={css.aside}>{aside}</div>}
    </li>
  );
}
