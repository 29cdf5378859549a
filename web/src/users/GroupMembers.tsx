/** Who is in one group of the directory, those in the groups within it included, and who is chosen. */
import type { Role } from "../gql/graphql";
import { Check, CheckRow } from "../ui/Check";
import { plural } from "../ui/format";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { useMembers, whyNot, type Member } from "./directoryGroups";
import { withRole } from "./newcomers";
import css from "./OnBoard.module.css";
import type { Chosen } from "./OnBoardGroup";
import { RoleToggles } from "./RoleToggles";
import { ROLES } from "./roles";

interface GroupMembersProps {
  group: { key: string; name: string };
  chosen: Chosen;
  onChange: (chosen: Chosen) => void;
}

export function GroupMembers({ group, chosen, onChange }: GroupMembersProps) {
  const { read, failure, retry } = useMembers(group);
  if (!read) return failure === null ? <Skeleton rows={8} rowHeight={36} /> : <Failed what="The group" failure={failure} retry={retry} />;
  if (read.problem != null && read.people.length === 0) return <Failed what="The group" failure={{ message: read.problem ?? "", requestId: null }} retry={retry} />;
  if (read.people.length === 0) return <Empty title="Nobody is in it">The directory names no person in this group.</Empty>;

  const inIt = (member: Member) => member.user?.group != null && member.user.group.id === read.group?.id;
  const offered = read.people.filter((member) => whyNot(member) === null);
  const fresh = read.people.filter((member) => member.user == null).length;
  const toggle = (member: Member) => {
    const next = new Map(chosen);
    if (!next.delete(member.subject)) next.set(member.subject, { member, roles: new Set() });
    onChange(next);
  };
  const isAll = offered.length > 0 && offered.every(({ subject }) => chosen.has(subject));
  const toggleAll = () => onChange(new Map(isAll ? [] : offered.map((member) => [member.subject, chosen.get(member.subject) ?? { member, roles: new Set<Role>() }])));
  const shared = new Set(ROLES.filter((role) => chosen.size > 0 && [...chosen.values()].every((one) => one.roles.has(role))));
  const setForAll = (role: Role, isOn: boolean) => onChange(new Map([...chosen].map(([key, one]) => [key, { ...one, roles: withRole(one.roles, role, isOn) }])));
  return (
    <>
      <div className={css.about}>
        <p>
          <b>{group.name}</b> {plural(read.people.length, "person").replace("persons", "people")}, {fresh} not on board yet{read.isCut && ", and more than can be listed"}<br />
          <span className={css.muted}>{read.group == null ? <>Makes the group <b>{group.name}</b>, without a pool; one can be given later.</> : <>They join the group <b>{read.group.name}</b>.</>}</span>
        </p>
        <span className={css.muted}>roles for all</span>
        <RoleToggles label="Roles for all" roles={shared} onChange={setForAll} />
      </div>
      <div className={css.about}>
        <Check isSelected={chosen.size > 0} isIndeterminate={chosen.size > 0 && !isAll} isDisabled={offered.length === 0} onChange={toggleAll}>All who can be</Check>
      </div>
      <ul aria-label={`People of ${group.name}`}>
        {read.people.map((member) => {
          const one = chosen.get(member.subject);
          const isFree = member.user != null && member.user.group == null;
          return (
            <CheckRow
              key={member.subject}
              isSelected={one !== undefined}
              onChange={() => toggle(member)}
              reason={inIt(member) ? "in it already" : whyNot(member)}
              aside={one === undefined ? null : isFree ? <span className={css.muted}>user already, free: joins</span> : (
                <RoleToggles label={`Roles of ${member.name}`} roles={one.roles} onChange={(role, isOn) => onChange(new Map(chosen).set(member.subject, { member, roles: withRole(one.roles, role, isOn) }))} />
              )}
            >
              {member.displayName ?? member.name} <span className={css.muted}>{member.name}</span>
            </CheckRow>
          );
        })}
      </ul>
    </>
  );
}
