/** The active filters as chips that can be taken away, words to search for, and a way to add more. */
import { Button, Header, ListBox, ListBoxItem, ListBoxSection, Popover, DialogTrigger, Dialog } from "react-aria-components";
import { useInventory, useLive } from "../live/Live";
import { Action } from "../ui/Action";
import { FilterField } from "../ui/FilterField";
import { Icon } from "../ui/Icon";
import css from "./FilterBar.module.css";
import { FILTER_NAMES, FILTER_WORDS, hasFilters, HELD, VALUE_WORDS, valueOf, type DeviceFilters, type FilterName } from "./filters";

interface FilterBarProps {
  filters: DeviceFilters;
  change: (next: Partial<DeviceFilters>) => void;
  clear: () => void;
}

const CHIP_NAMES = 2;

export function FilterBar({ filters, change, clear }: FilterBarProps) {
  return (
    <search className={css.bar}>
      <FilterField label="Node, UUID, job" value={filters.q ?? ""} onChange={(q) => change({ q: q || undefined })} />
      {FILTER_NAMES.map((name) => {
        const values: readonly string[] | undefined = filters[name];
        return values && (
          <span key={name} className={css.chip}>
            {FILTER_WORDS[name]} <b>{wordsOf(name, values)}</b>
            <Action kind="icon" label={`Take the filter ${FILTER_WORDS[name]} away`} onPress={() => change({ [name]: undefined })}>
              <Icon name="close" size={12} />
            </Action>
          </span>
        );
      })}
      <DialogTrigger>
        <Button className={css.add}><Icon name="plus" /> Filter</Button>
        <Popover className={css.popover} placement="bottom start">
          <Dialog aria-label="Add a filter" className={css.dialog}>
            <Choices filters={filters} change={change} />
          </Dialog>
        </Popover>
      </DialogTrigger>
      {hasFilters(filters) && <Action kind="link" onPress={clear}>Clear</Action>}
    </search>
  );
}

function wordsOf(name: FilterName, values: readonly string[]): string {
  if (name === "state" && values.length === HELD.length && HELD.every((state) => values.includes(state))) return "allocated";
  const words = values.map((value) => VALUE_WORDS[value] ?? value);
  const rest = words.length - CHIP_NAMES;
  return words.slice(0, CHIP_NAMES).join(", ") + (rest > 0 ? `, +${rest}` : "");
}

/** What the devices of this cluster can be told apart by, with how many there are of each. */
function Choices({ filters, change }: Pick<FilterBarProps, "filters" | "change">) {
  const { store } = useLive();
  const { devices } = useInventory();
  const counts = new Map<FilterName, Map<string, number>>(FILTER_NAMES.map((name) => [name, new Map()]));
  for (const device of devices.values()) {
    for (const name of FILTER_NAMES) {
      const value = valueOf(device, store.fleet, name);
      const of = counts.get(name);
      if (value !== "") of?.set(value, (of.get(value) ?? 0) + 1);
    }
  }
  return (
    <div className={css.choices}>
      {FILTER_NAMES.map((name) => (
        <ListBox
          key={name}
          aria-label={FILTER_WORDS[name]}
          className={css.list}
          selectionMode="multiple"
          selectedKeys={new Set<string>(filters[name])}
          onSelectionChange={(keys) => change({ [name]: keys === "all" || keys.size === 0 ? undefined : [...keys].map(String) })}
        >
          <ListBoxSection>
            <Header className={css.header}>{FILTER_WORDS[name]}</Header>
            {[...(counts.get(name) ?? [])]
              .toSorted(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
              .map(([value, n]) => (
                <ListBoxItem key={value} id={value} textValue={value} className={css.option}>
                  {VALUE_WORDS[value] ?? value} <span>{n}</span>
                </ListBoxItem>
              ))}
          </ListBoxSection>
        </ListBox>
      ))}
    </div>
  );
}
