/** The people to choose from. Display name, group and roles are shown only for who is chosen: the list stays quiet. */
import type { GroupInfo } from "../groups/live";
import { Check } from "../ui/Check";
import { count, since } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Mark } from "../ui/Mark";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { useNow } from "../ui/useNow";
import { GroupChoice } from "./GroupChoice";
import { keyOf, withRole, type Newcomer, type Newcomers } from "./newcomers";
import css from "./OnBoard.module.css";
import { RoleToggles } from "./RoleToggles";
import type { Candidate, Candidates } from "./useCandidates";

const COLUMNS: readonly Column[] = [
  { key: "name", head: "Name", width: "minmax(110px, 1fr)" },
  { key: "display", head: "Display name", width: "minmax(136px, 1.2fr)" },
  { key: "jobs", head: "Jobs here", width: "minmax(108px, 0.8fr)" },
  { key: "seen", head: "Last seen", width: "76px", isNumber: true },
  { key: "group", head: "Group", width: "176px" },
  { key: "roles", head: "Roles", width: "164px" },
];

interface CandidateGridProps {
  candidates: Candidates;
  chosen: Newcomers;
  words: string;
  groups: readonly GroupInfo[];
  onToggle: (name: string) => void;
  onToggleAll: (names: readonly string[]) => void;
  onChange: (key: string, one: Newcomer) => void;
}

export function CandidateGrid({ candidates, chosen, words, groups, onToggle, onToggleAll, onChange }: CandidateGridProps) {
  const { people, problem, failure, total, backend, refresh } = candidates;
  const known = new Map(people?.map((person) => [keyOf(person.name), person]));
  const added = [...chosen].filter(([key, one]) => one.isAdded && !known.has(key)).map(([key]) => key);
  const ids = [...added, ...known.keys()];
  const nameOf = (key: string) => known.get(key)?.name ?? chosen.get(key)?.name ?? key;
  const trouble = failure !== null && !people ? <Failed what="The candidates" failure={failure} retry={refresh} />
    : problem !== null && !people?.length ? <Failed what="The candidates" failure={{ message: problem, requestId: null }} retry={refresh} />
    : problem !== null ? <p className={css.stale} role="alert"><Mark level="WARNING" /> The backend does not answer ({problem}). This is what it said before.</p>
    : null;
  if (trouble !== null && added.length === 0 && !people?.length) return <div className={css.rows}>{trouble}</div>;
  if (people === undefined && trouble === null) return <div className={css.rows}><Skeleton rows={8} rowHeight={36} /></div>;
  if (ids.length === 0) {
    return (
      <div className={css.rows}>
        {backend !== "local" ? <Empty title={words.trim() === "" ? "Nobody to choose from" : "Nobody is called so"}>{words.trim() === "" ? "Everybody whom the backend told of is on board." : "The backend knows nobody of this name who is not on board."}</Empty>
        : words.trim() === "" ? (
          <Empty title="Nobody to choose from">
            The local backend has no directory: it knows the owners of jobs, and all of them are on board. Anybody else is added by login, above.
          </Empty>
        ) : <Empty title="Nobody is called so">Who is not known here is added by login, above.</Empty>}
      </div>
    );
  }
  const ticked = ids.filter((key) => chosen.has(key)).length;
  const all = <Check label="All who are listed" isSelected={ticked > 0} isIndeterminate={ticked > 0 && ticked < ids.length} onChange={() => onToggleAll(ids.map(nameOf))} />;
  return (
    <div className={css.rows}>
      {trouble}
      <Grid
        label="Candidates"
        columns={[{ key: "check", head: all, width: "38px" }, ...COLUMNS]}
        minWidth={820}
        rowHeight={36}
        ids={ids}
        state={(key) => ({ isSelected: chosen.has(key) })}
        onOpen={(key) => onToggle(nameOf(key))}
        onToggle={(key) => onToggle(nameOf(key))}
        note={people !== undefined && total > people.length && words.trim() === "" ? `the first ${count(people.length)} of ${count(total)}: search for the others` : "who are not on board yet"}
        renderCells={(key) => (
          <CandidateCells
            name={nameOf(key)}
            person={known.get(key)}
            one={chosen.get(key)}
            groups={groups}
            onToggle={() => onToggle(nameOf(key))}
            onChange={(one) => onChange(key, one)}
          />
        )}
      />
    </div>
  );
}

interface CandidateCellsProps {
  name: string;
  /** Undefined: added by name. */
  person: Candidate | undefined;
  /** Undefined: not chosen. */
  one: Newcomer | undefined;
  groups: readonly GroupInfo[];
  onToggle: () => void;
  onChange: (one: Newcomer) => void;
}

function CandidateCells({ name, person, one, groups, onToggle, onChange }: CandidateCellsProps) {
  const now = useNow();
  const dash = <span className={css.muted}>–</span>;
  return (
    <>
      <Cell kind="check"><Check label={name} isSelected={one !== undefined} onChange={onToggle} /></Cell>
      <Cell kind={one && "name"} title={name}>{name}</Cell>
      <Cell>{person?.subject != null ? person.displayName ?? dash : one ? <DisplayName of={name} value={one.displayName} onChange={(displayName) => onChange({ ...one, displayName })} /> : dash}</Cell>
      <Cell kind="muted">{person === undefined ? "added by login" : person.knockedAt != null ? `tried to sign in ${since(person.knockedAt, now)} ago` : jobsOf(person)}</Cell>
      <Cell kind="number"><span className={css.muted}>{person?.lastSeenAt == null ? "–" : since(person.lastSeenAt, now)}</span></Cell>
      <Cell>{one ? <GroupChoice label={`Group of ${name}`} groups={groups} value={one.group} onChange={(group) => onChange({ ...one, group })} /> : dash}</Cell>
      <Cell>{one ? <RoleToggles label={`Roles of ${name}`} roles={one.roles} onChange={(role, isOn) => onChange({ ...one, roles: withRole(one.roles, role, isOn) })} /> : dash}</Cell>
    </>
  );
}

/** Enter in it does not send the whole form. */
function DisplayName({ of, value, onChange }: { of: string; value: string; onChange: (value: string) => void }) {
  return (
    <input
      className={css.displayName}
      aria-label={`Display name of ${of}`}
      placeholder="may be empty"
      value={value}
      maxLength={200}
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
    />
  );
}

const jobsOf = ({ activeJobs, endedJobs }: Candidate): string =>
  [activeJobs > 0 && `${count(activeJobs)} active`, endedJobs > 0 && `${count(endedJobs)} ended`].filter(Boolean).join(", ");
