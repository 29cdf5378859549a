/** The four roles as joined toggles, in any combination. */
import type { Role } from "../gql/graphql";
import css from "./RoleToggles.module.css";
import { ROLE_LETTERS, ROLE_WORDS, ROLES } from "./roles";

interface RoleTogglesProps {
  /** "Roles of a.lindgren" */
  label: string;
  roles: ReadonlySet<Role>;
  /** Those that only some of the chosen have. */
  some?: ReadonlySet<Role>;
  onChange: (role: Role, isOn: boolean) => void;
}

export function RoleToggles({ label, roles, some, onChange }: RoleTogglesProps) {
  return (
    <div role="group" aria-label={label} className={css.group}>
      {ROLES.map((role) => {
        const isOn = roles.has(role);
        return (
          <button key={role} type="button" className={css.toggle} title={ROLE_WORDS[role]} aria-label={`${ROLE_LETTERS[role]}: ${ROLE_WORDS[role]}`}
            aria-pressed={!isOn && some?.has(role) ? "mixed" : isOn} onClick={() => onChange(role, !isOn)}>
            {ROLE_LETTERS[role]}
          </button>
        );
      })}
    </div>
  );
}
