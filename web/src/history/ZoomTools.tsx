/** Zooming by buttons, each with a key of its own. */
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { Icon, type IconName } from "../ui/Icon";
import css from "./History.module.css";
import { isWhole, moved, SHORTEST_SECONDS, zoomed, lengthOf, type Stretch } from "./ranges";

const HALF = 0.5;

interface ZoomToolsProps {
  shown: Stretch;
  whole: Stretch;
  /** The moment that is pointed at stays in its place. */
  about: () => number | null;
  onZoom: (to: Stretch) => void;
  onReset: () => void;
}

export function ZoomTools({ shown, whole, about, onZoom, onReset }: ZoomToolsProps) {
  const isAll = isWhole(shown, whole);
  const zoom = (factor: number) => () => {
    const time = about();
    onZoom(zoomed(shown, factor, whole, time !== null && time >= shown.from && time <= shown.to ? time : undefined));
  };
  const move = (part: number) => () => onZoom(moved(shown, part, whole));
  const tools: { name: string; key: string; icon: IconName; act: () => void; isOff: boolean }[] = [
    { name: "Zoom in", key: "+", icon: "zoomIn", act: zoom(HALF), isOff: lengthOf(shown) <= SHORTEST_SECONDS },
    { name: "Zoom out", key: "-", icon: "zoomOut", act: zoom(1 / HALF), isOff: isAll },
    { name: "Earlier", key: "[", icon: "chevronLeft", act: move(-HALF), isOff: shown.from <= whole.from },
    { name: "Later", key: "]", icon: "chevronRight", act: move(HALF), isOff: shown.to >= whole.to },
  ];
  const byKey = Object.fromEntries(tools.filter(({ isOff }) => !isOff).map(({ key, act }) => [key, act]));
  useScreenKeys({
    ...byKey,
    ...(byKey["+"] && { "=": byKey["+"] }),
    ...(!isAll && { 0: onReset, Escape: onReset }),
  });
  return (
    <div className={css.tools} role="group" aria-label="Zoom">
      {tools.map(({ name, key, icon, act, isOff }) => (
        <Action key={name} kind="icon" label={`${name} (${key})`} isDisabled={isOff} onPress={act}><Icon name={icon} /></Action>
      ))}
      <Action isSmall isDisabled={isAll} onPress={onReset}>Reset <kbd>0</kbd></Action>
    </div>
  );
}
