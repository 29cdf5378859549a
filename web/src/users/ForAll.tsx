/** The bar that sets group and roles of all who are chosen, and of who is chosen next. */
import type { GroupInfo } from "../groups/live";
import type { Role } from "../gql/graphql";
import { GroupChoice } from "./GroupChoice";
import { each, sharedGroup, sharedRoles, withRole, type Defaults, type Newcomers } from "./newcomers";
import css from "./OnBoard.module.css";
import { RoleToggles } from "./RoleToggles";

interface ForAllProps {
  chosen: Newcomers;
  groups: readonly GroupInfo[];
  defaults: Defaults;
  onChange: (chosen: Newcomers) => void;
  onDefaults: (defaults: Defaults) => void;
}

export function ForAll({ chosen, groups, defaults, onChange, onDefaults }: ForAllProps) {
  const { all, some } = chosen.size === 0 ? { all: defaults.roles, some: new Set<Role>() } : sharedRoles(chosen);
  const group = chosen.size === 0 ? defaults.group : sharedGroup(chosen);
  const setGroup = (id: string | null) => {
    onChange(each(chosen, (one) => ({ ...one, group: id })));
    onDefaults({ ...defaults, group: id });
  };
  const setRole = (role: Role, isOn: boolean) => {
    onChange(each(chosen, (one) => ({ ...one, roles: withRole(one.roles, role, isOn) })));
    onDefaults({ ...defaults, roles: withRole(chosen.size === 0 ? defaults.roles : all, role, isOn) });
  };
  return (
    <div className={css.forAll}>
      <b>{chosen.size} chosen</b>
      <span className={css.muted}>set for all</span>
      <GroupChoice label="Group for all" groups={groups} value={group} onChange={setGroup} />
      <RoleToggles label="Roles for all" roles={all} some={some} onChange={setRole} />
      <span className={css.legend}>OP manages the cluster · DS creates · ML optimises · PE deploys</span>
    </div>
  );
}
