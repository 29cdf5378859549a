/** Who changed what since it was read, in the words of the audit log. */
import { graphql, useFragment, type FragmentType } from "../gql";
import { timeOfDay } from "../ui/format";

const StaleChangesFragment = graphql(`
  fragment StaleChanges on StaleEdit {
    changes {
      id
      time
      actor
      isRefused
      values { name before after }
    }
  }
`);

/** More values than this are counted, not listed. */
const LISTED = 3;

export function StaleChanges({ edit }: { edit: FragmentType<typeof StaleChangesFragment> }) {
  const { changes } = useFragment(StaleChangesFragment, edit);
  return (
    <ul>
      {changes.filter((change) => !change.isRefused).map(({ id, time, actor, values }) => (
        <li key={id}>
          <b>{actor}</b> at {timeOfDay(time)}: {values.map(({ name, before, after }) => inWords(name, before, after)).filter(Boolean).join("; ") || "saved without a change"}
        </li>
      ))}
    </ul>
  );
}

type Values = readonly string[] | null | undefined;

function inWords(name: string, before: Values, after: Values): string {
  if (before != null && after != null) return `${name}: ${list(before)} → ${list(after)}`;
  if (after != null) return after.length === 0 ? "" : `${name}: ${list(after)}`;
  return before == null || before.length === 0 ? "" : `${name}: ${list(before)}`;
}

const list = (values: readonly string[]): string =>
  values.length === 0 ? "none" : values.length > LISTED ? `${values.length} of them` : values.join(", ");
