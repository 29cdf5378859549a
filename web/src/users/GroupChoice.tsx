/** The group that somebody joins, or none yet. */
import { Button, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";
import type { GroupInfo } from "../groups/live";
import { Icon } from "../ui/Icon";
import segments from "../ui/Segments.module.css";
import css from "./OnBoard.module.css";

const NONE = "none";

interface GroupChoiceProps {
  label: string;
  groups: readonly GroupInfo[];
  /** Undefined: several. */
  value: string | null | undefined;
  onChange: (id: string | null) => void;
}

export function GroupChoice({ label, groups, value, onChange }: GroupChoiceProps) {
  return (
    <Select className={css.group} aria-label={label} placeholder="Several groups" value={value === undefined ? null : (value ?? NONE)}
      onChange={(key) => key !== null && onChange(key === NONE ? null : String(key))}>
      <Button className={`${segments.select} ${css.groupButton}`}><SelectValue className={css.groupName} /><Icon name="chevronDown" size={12} /></Button>
      <Popover className={segments.popover}>
        <ListBox className={segments.list}>
          <ListBoxItem id={NONE} textValue="No group" className={segments.option}>No group</ListBoxItem>
          {groups.map((group) => <ListBoxItem key={group.id} id={group.id} textValue={group.name} className={segments.option}>{group.name}</ListBoxItem>)}
        </ListBox>
      </Popover>
    </Select>
  );
}
