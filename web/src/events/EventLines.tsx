/** Changes of health, newest first, one line each. */
import { Link } from "@tanstack/react-router";
import { graphql, useFragment, type FragmentType } from "../gql";
import { gpu, when } from "../ui/format";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { Empty } from "../ui/Panel";
import css from "./EventLines.module.css";
import { useNow } from "../ui/useNow";

export const EventLineFragment = graphql(`
  fragment EventLine on HealthEvent {
    id
    time
    level
    previousLevel
    title
    node { hostName }
    device { uuid index migProfile }
  }
`);

interface EventLinesProps {
  events: readonly FragmentType<typeof EventLineFragment>[];
  /** Names the node too: for lists of more than one. */
  hasPlace?: boolean;
}

export function EventLines({ events, hasPlace }: EventLinesProps) {
  const now = useNow();
  const lines = useFragment(EventLineFragment, events);
  if (lines.length === 0) return <Empty title="No event yet">Every change of health is kept and listed here.</Empty>;
  return (
    <ul>
      {lines.map((line) => (
        <li key={line.id} className={css.line}>
          <time dateTime={line.time} title={line.time}>{when(line.time, now)}</time>
          <Mark level={line.level} label={LEVEL_WORD[line.level]} />
          <span className={css.text} data-level={line.level}>
            {line.title} <small>was {LEVEL_WORD[line.previousLevel].toLowerCase()}</small>
          </span>
          {hasPlace && (
            <span className={css.place}>
              {line.node && <Link to="/nodes/$hostName" params={{ hostName: line.node.hostName }}>{line.node.hostName}</Link>}
              {line.device && <> · <Link to="/devices/$uuid" params={{ uuid: line.device.uuid }}>{gpu(line.device)}</Link></>}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
