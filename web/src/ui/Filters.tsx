/** The active filters as chips that can be taken away, words to search for, and a way to add more. */
import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Header, ListBox, ListBoxItem, ListBoxSection, Popover } from "react-aria-components";
import { Action } from "./Action";
import { FilterField } from "./FilterField";
import css from "./Filters.module.css";
import { Icon } from "./Icon";

export interface Filter {
  name: string;
  words: string;
  /** What is wanted now; undefined: anything. */
  values: readonly string[] | undefined;
  /** The chip's words, where listing the values would not do. */
  summary?: string | undefined;
}

export interface Option {
  value: string;
  words?: string | undefined;
  count?: number | undefined;
}

interface FiltersProps {
  /** What the words are looked for in: "Node, UUID, job". */
  label: string;
  q: string | undefined;
  filters: readonly Filter[];
  /** What can be chosen, asked for when the list opens. */
  options: (name: string) => readonly Option[];
  onWords: (q: string | undefined) => void;
  onChange: (name: string, values: string[] | undefined) => void;
  clear: () => void;
  /** Whether somebody is at the words. */
  onTyping?: (isTyping: boolean) => void;
  /** Before the chips: switches that are always visible. */
  children?: ReactNode;
}

const CHIP_NAMES = 2;

export function Filters({ label, q, filters, options, onWords, onChange, clear, onTyping, children }: FiltersProps) {
  const isFiltered = q !== undefined || filters.some((filter) => filter.values !== undefined);
  return (
    <search className={css.bar}>
      <FilterField label={label} value={q ?? ""} onChange={(text) => onWords(text || undefined)} {...(onTyping && { onTyping })} />
      {children}
      {filters.map(({ name, words, values, summary }) => values && (
        <span key={name} className={css.chip}>
          {words} <b>{summary ?? brief(values)}</b>
          <Action kind="icon" label={`Take the filter ${words} away`} onPress={() => onChange(name, undefined)}>
            <Icon name="close" size={12} />
          </Action>
        </span>
      ))}
      <DialogTrigger>
        <Button className={css.add}><Icon name="plus" /> Filter</Button>
        <Popover className={css.popover} placement="bottom start">
          <Dialog aria-label="Add a filter" className={css.dialog}>
            <Choices filters={filters} options={options} onChange={onChange} />
          </Dialog>
        </Popover>
      </DialogTrigger>
      {isFiltered && <Action kind="link" onPress={clear}>Clear</Action>}
    </search>
  );
}

export function brief(words: readonly string[]): string {
  const rest = words.length - CHIP_NAMES;
  return words.slice(0, CHIP_NAMES).join(", ") + (rest > 0 ? `, +${rest}` : "");
}

function Choices({ filters, options, onChange }: Pick<FiltersProps, "filters" | "options" | "onChange">) {
  return (
    <div className={css.choices}>
      {filters.map(({ name, words, values }) => (
        <ListBox
          key={name}
          aria-label={words}
          className={css.list}
          selectionMode="multiple"
          escapeKeyBehavior="none"
          selectedKeys={new Set<string>(values)}
          onSelectionChange={(keys) => onChange(name, keys === "all" || keys.size === 0 ? undefined : [...keys].map(String))}
        >
          <ListBoxSection>
            <Header className={css.header}>{words}</Header>
            {options(name).map((option) => (
              <ListBoxItem key={option.value} id={option.value} textValue={option.words ?? option.value} className={css.option}>
                {option.words ?? option.value} <span>{option.count}</span>
              </ListBoxItem>
            ))}
          </ListBoxSection>
        </ListBox>
      ))}
    </div>
  );
}

/** How often each value occurs, by value. */
export function counted(values: Iterable<string>, words?: Record<string, string>): Option[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(([value, n]) => ({ value, words: words?.[value], count: n }));
}
