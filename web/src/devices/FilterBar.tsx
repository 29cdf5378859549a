/** What the devices of this cluster can be told apart by, with how many there are of each. */
import { useInventory, useLive } from "../live/Live";
import { brief, counted, Filters } from "../ui/Filters";
import { FILTER_NAMES, FILTER_WORDS, HELD, VALUE_WORDS, valueOf, type DeviceFilters, type FilterName } from "./filters";

interface FilterBarProps {
  filters: DeviceFilters;
  change: (next: Partial<DeviceFilters>) => void;
  clear: () => void;
}

export function FilterBar({ filters, change, clear }: FilterBarProps) {
  const { store } = useLive();
  const { devices } = useInventory();
  return (
    <Filters
      label="Node, UUID, job"
      q={filters.q}
      filters={FILTER_NAMES.map((name) => ({ name, words: FILTER_WORDS[name], values: filters[name], summary: wordsOf(name, filters[name]) }))}
      options={(name) => counted([...devices.values()].map((device) => valueOf(device, store.fleet, name as FilterName)).filter((value) => value !== ""), VALUE_WORDS)}
      onWords={(q) => change({ q })}
      onChange={(name, values) => change({ [name]: values })}
      clear={clear}
    />
  );
}

function wordsOf(name: FilterName, values: readonly string[] | undefined): string | undefined {
  if (values === undefined) return undefined;
  if (name === "state" && values.length === HELD.length && HELD.every((state) => (values as readonly string[]).includes(state))) return "allocated";
  return brief(values.map((value) => VALUE_WORDS[value] ?? value));
}
