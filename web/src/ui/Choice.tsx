/** One of a few, folded into a button. */
import { Button, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";
import { Icon } from "./Icon";
import css from "./Segments.module.css";

interface ChoiceProps<T extends string> {
  label: string;
  options: readonly (readonly [value: T, words: string])[];
  value: T;
  onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    <Select aria-label={label} value={value} onChange={(key) => key !== null && onChange(key as T)}>
      <Button className={css.select}><SelectValue /><Icon name="chevronDown" size={12} /></Button>
      <Popover className={css.popover}>
        <ListBox className={css.list}>
          {options.map(([option, words]) => (
            <ListBoxItem key={option} id={option} textValue={words} className={css.option}>{words}</ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
