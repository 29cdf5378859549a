/**
 * Devices to choose, in a popup: their types with what is free and chosen, "choose for me", and the
 * nodes with a toggle for each device. What a job holds is shown with a lock, and stays as it is.
 */
import { memo, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Input, Label, Radio, RadioGroup, TextField } from "react-aria-components";
import type { DeviceInfo } from "../live/documents";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { ChoiceEntry } from "../ui/Field";
import field from "../ui/Field.module.css";
import { count, gpu, shortType } from "../ui/format";
import { Icon } from "../ui/Icon";
import { chooseForMe, isFree, isHeld, sectionsOf, type Block } from "./blocks";
import css from "./DevicePicker.module.css";
import { useCellKeys } from "./useCellKeys";
import { useChoosing, type Chosen } from "./useChosen";

interface DevicePickerProps {
  /** What can be chosen, and what is held and therefore cannot. */
  devices: readonly DeviceInfo[];
  chosen: Chosen;
  onChange: (chosen: Chosen) => void;
  /** "82 of the 96 in Default are free." */
  note: string;
  /** The name of the type that is looked at first. */
  type?: string | undefined;
  /** What is in the pool already, and the pool's name. */
  own?: { name: string; ids: Chosen };
}

const ALL = "all";

export function DevicePicker({ devices, chosen, onChange, note, type, own }: DevicePickerProps) {
  const sections = useMemo(() => sectionsOf(devices), [devices]);
  const first = sections.find((section) => section.type.name === type);
  const [shownType, setShownType] = useState(first?.type.id ?? ALL);
  const [words, setWords] = useState("");
  const [onlyFree, setOnlyFree] = useState(true);
  const list = useRef<HTMLDivElement>(null);
  const choosing = useChoosing(list, chosen, onChange);
  const keys = useCellKeys(list, choosing.onExtend);

  const isOpen = (device: DeviceInfo) => isFree(device) && !own?.ids.has(device.id);
  const openOf = (blocks: readonly Block[]) => blocks.reduce((n, block) => n + block.devices.filter(isOpen).length, 0);
  const free = openOf(sections.flatMap((section) => section.blocks));
  const matches = (block: Block) =>
    (!onlyFree || block.free > 0 || block.devices.some((device) => chosen.has(device.id))) && block.hostName.toLowerCase().includes(words.trim().toLowerCase());
  const shown = sections.filter((section) => shownType === ALL || section.type.id === shownType)
    .map((section) => ({ ...section, blocks: section.blocks.filter(matches) }));
  const chosenOf = (blocks: readonly Block[]) => blocks.reduce((n, block) => n + block.devices.filter((device) => chosen.has(device.id)).length, 0);
  return (
    <div className={css.whole}>
      <div className={css.head}>
        <b>Devices</b> <span>{note}</span>
        {devices.some((device) => device.cordon != null) && <span className={css.key}><i className={css.outKey} /> out of service, not offered</span>}
        <span className={css.key}><Icon name="lock" size={14} /> has an active job, cannot leave</span>
      </div>
      <div className={css.picker}>
        <div className={css.types}>
          <RadioGroup aria-label="Device type" value={shownType} onChange={setShownType}>
            {sections.length !== 1 && <TypeChoice id={ALL} name="All types" free={free} chosen={chosenOf(sections.flatMap((section) => section.blocks))} />}
            {sections.map(({ type: { id, name }, blocks }) => <TypeChoice key={id} id={sections.length === 1 ? ALL : id} name={shortType(name)} free={openOf(blocks)} chosen={chosenOf(blocks)} />)}
          </RadioGroup>
          {free > 0 && own === undefined && (
            <ForMe types={sections.filter((section) => section.free > 0)} key={shownType} shownType={shownType} choose={(section, n) => {
              const others = [...chosen].filter((id) => !section.blocks.some((block) => block.devices.some((device) => device.id === id && isFree(device))));
              onChange(new Set([...others, ...chooseForMe(section.blocks, n)]));
            }} />
          )}
        </div>
        <div className={css.nodes}>
          <div className={css.tools}>
            <Icon name="search" />
            <input aria-label="Node name" placeholder="Node name or rack" value={words} spellCheck={false} onChange={(event) => setWords(event.target.value)}
              onKeyDown={(event) => event.key === "Enter" && event.preventDefault()} />
            <Check isSelected={onlyFree} onChange={setOnlyFree}>only nodes with free devices</Check>
          </div>
          {/* The toggles inside are the controls; this only listens for all of them at once. */}
          {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events */}
          <div ref={list} className={css.list} role="group" aria-label="Devices by node: arrow keys move, Space chooses" onClick={choosing.onClick} onKeyDown={keys.onKeyDown} onFocus={keys.onFocus}
            data-testid="picker">
            {shown.map((section) => (
              <section key={section.type.id} aria-label={section.type.name}>
                <header className={css.typeHead}>
                  <b>{section.type.name}</b> <span>{own === undefined ? `${count(section.free)} free of ${count(section.devices)}` : `${count(openOf(section.blocks))} free in Default`}</span>
                  {chosenOf(section.blocks) > 0 && <span className={css.chosenCount}>{count(chosenOf(section.blocks))} chosen</span>}
                </header>
                {section.blocks.map((block) => (
                  <NodeRow key={block.key} block={block} drawn={block.devices.map((device) => (chosen.has(device.id) ? "1" : "0") + (own?.ids.has(device.id) ? "1" : "0")).join("")} about={aboutOf(block, own)} />
                ))}
                {section.blocks.length === 0 && <p className={css.none}>{words === "" ? "No node has a free one." : `No node is called “${words}”.`}</p>}
              </section>
            ))}
            {sections.length === 0 && <p className={css.none}>There is no device to choose.</p>}
          </div>
        </div>
      </div>
    </div>
  );
}

function TypeChoice({ id, name, free, chosen }: { id: string; name: string; free: number; chosen: number }) {
  return (
    <Radio value={id} className={css.type}>
      <b>{name}</b>
      <span>{count(free)} free{chosen > 0 && <> · <i>{count(chosen)} chosen</i></>}</span>
    </Radio>
  );
}

type TypeSection = ReturnType<typeof sectionsOf>[number];

interface ForMeProps {
  types: readonly TypeSection[];
  shownType: string;
  choose: (section: TypeSection, n: number) => void;
}

function ForMe({ types, shownType, choose }: ForMeProps) {
  const [typeId, setTypeId] = useState(types.find((section) => section.type.id === shownType)?.type.id ?? types[0].type.id);
  const section = types.find((one) => one.type.id === typeId) ?? types[0];
  const [text, setText] = useState(() => String(Math.min(8, section.free)));
  const n = Number(text);
  const isNumber = /^\d+$/.test(text.trim()) && n > 0;
  const error = !isNumber ? "A number from 1 up" : n > section.free ? `Only ${count(section.free)} are free` : null;
  const go = () => error === null && choose(section, n);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    go();
  };
  return (
    <div className={css.forMe}>
      <ChoiceEntry label="Choose for me" value={section.type.id} onChange={setTypeId} options={types.map((one) => ({ id: one.type.id, words: shortType(one.type.name), more: `${one.free} free` }))} />
      <div className={css.amount}>
        <TextField value={text} onChange={setText} isInvalid={error !== null} validationBehavior="aria" inputMode="numeric">
          <Label className="visually-hidden">How many</Label>
          <Input className={`${field.input} ${css.number}`} onKeyDown={onKeyDown} aria-describedby="for-me" />
        </TextField>
        <span id="for-me" className={error === null ? css.hint : css.error}>{error ?? "devices, whole nodes first"}</span>
      </div>
      <Action isSmall isDisabled={error !== null} onPress={go}>Choose</Action>
    </div>
  );
}

interface NodeRowProps {
  block: Block;
  /** Two figures per device: whether it is chosen, and whether it is in the pool. */
  drawn: string;
  about: string;
}

const NodeRow = memo(function NodeRow({ block, drawn, about }: NodeRowProps) {
  const isChosen = (i: number) => drawn[2 * i] === "1";
  const isOwn = (i: number) => drawn[2 * i + 1] === "1";
  const open = block.devices.filter(isFree);
  const on = block.devices.filter((device, i) => isFree(device) && isChosen(i)).length;
  const isAll = open.length > 0 && on === open.length;
  return (
    <div className={css.row} role="group" aria-label={block.hostName}>
      <button type="button" className={css.node} role="checkbox" data-stop="" tabIndex={-1} aria-checked={isAll ? true : on > 0 ? "mixed" : false}
        aria-disabled={open.length === 0} aria-label={`All ${open.length} free of ${block.hostName}`} data-block={open.map((device) => device.id).join(" ")}>
        <span className={css.box} aria-hidden="true" />
        <span className={css.name}>{block.hostName}</span>
      </button>
      <div className={css.toggles}>
        {block.devices.map((device, i) => {
          const held = isHeld(device);
          return (
            <button key={device.id} type="button" className={css.toggle} role="checkbox" data-stop="" data-cell={device.id} tabIndex={-1} aria-checked={isChosen(i)} aria-disabled={held}
              aria-label={`${block.hostName} ${gpu(device)}${isOwn(i) ? ", in the pool" : ""}${device.cordon ? `, out of service: ${device.cordon.reason}` : ""}${held ? `, held by ${device.job?.name}` : device.health.level === "OK" ? "" : `, ${device.health.reasons[0]?.title ?? device.health.level.toLowerCase()}`}`}
              {...(isOwn(i) && { "data-own": "" })} {...(device.cordon && { "data-cordoned": "" })} data-health={device.health.level} title={device.cordon ? `Out of service: ${device.cordon.reason}` : device.health.reasons[0]?.title}>
              {held ? <Icon name="lock" size={12} /> : device.index}
            </button>
          );
        })}
      </div>
      <span className={css.about}>{about}</span>
    </div>
  );
});

/** "6 free, 2 held by nb-scratch-172"; of a pool's own: "4 in research, 2 free". */
function aboutOf(block: Block, own: DevicePickerProps["own"]): string {
  const inPool = block.devices.filter((device) => own?.ids.has(device.id)).length;
  const free = block.devices.filter((device) => isFree(device) && !own?.ids.has(device.id)).length;
  const out = block.devices.filter((device) => device.cordon != null && !isHeld(device));
  const reasons = new Set(out.map((device) => device.cordon?.reason));
  const held = block.devices.filter(isHeld);
  const jobs = [...new Set(held.map((device) => device.job?.name))];
  const parts = [
    inPool > 0 && `${inPool} in ${own?.name}`,
    (free > 0 || inPool === 0) && `${free} free`,
    out.length > 0 && `${out.length} out of service${reasons.size === 1 ? ` (${out[0].cordon?.reason})` : ""}`,
    held.length > 0 && `${held.length} held by ${jobs.length === 1 ? jobs[0] : `${jobs.length} jobs`}`,
  ];
  return parts.filter(Boolean).join(", ");
}
