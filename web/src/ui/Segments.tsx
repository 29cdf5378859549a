/** One of a few, all visible. */
import { Radio, RadioGroup } from "react-aria-components";
import css from "./Segments.module.css";

interface SegmentsProps<T extends string> {
  label: string;
  options: readonly (readonly [value: T, words: string])[];
  value: T;
  onChange: (value: T) => void;
}

export function Segments<T extends string>({ label, options, value, onChange }: SegmentsProps<T>) {
  return (
    <RadioGroup className={css.group} aria-label={label} orientation="horizontal" value={value} onChange={(next) => onChange(next as T)}>
      {options.map(([option, words]) => (
        <Radio key={option} value={option} className={css.segment}>{words}</Radio>
      ))}
    </RadioGroup>
  );
}
