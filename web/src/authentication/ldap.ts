/** What an LDAP directory is told in the form, and how the two usual kinds of directory answer. */
import type { LdapInput } from "../gql/graphql";
import type { AuthenticationInfo } from "./Authentication";

export type LdapFields = Record<Exclude<keyof LdapInput, "scope">, string>;

export type Kind = "openldap" | "active";

type Attributes = Pick<LdapFields, "userFilter" | "userAttribute" | "displayNameAttribute" | "subjectAttribute" | "groupFilter" | "groupAttribute" | "memberAttribute">;

export const ATTRIBUTES: Record<Kind, Attributes> = {
  openldap: {
    userFilter: "(objectClass=inetOrgPerson)",
    userAttribute: "uid",
    displayNameAttribute: "cn",
    subjectAttribute: "entryUUID",
    groupFilter: "(|(objectClass=groupOfNames)(objectClass=posixGroup))",
    groupAttribute: "cn",
    memberAttribute: "member",
  },
  active: {
    userFilter: "(&(objectCategory=person)(objectClass=user))",
    userAttribute: "sAMAccountName",
    displayNameAttribute: "displayName",
    subjectAttribute: "objectGUID",
    groupFilter: "(objectClass=group)",
    groupAttribute: "cn",
    memberAttribute: "member",
  },
};

export function fieldsOf({ ldap }: Pick<AuthenticationInfo, "ldap">): LdapFields {
  return {
    url: ldap?.url ?? "ldaps://",
    caCertificate: ldap?.caCertificate ?? "",
    bindDn: ldap?.bindDn ?? "",
    bindPassword: "",
    baseDn: ldap?.baseDn ?? "",
    ...(ldap ? pick(ldap) : ATTRIBUTES.openldap),
  };
}

const pick = (from: Attributes): Attributes => ({
  userFilter: from.userFilter,
  userAttribute: from.userAttribute,
  displayNameAttribute: from.displayNameAttribute,
  subjectAttribute: from.subjectAttribute,
  groupFilter: from.groupFilter,
  groupAttribute: from.groupAttribute,
  memberAttribute: from.memberAttribute,
});

/** Which of the two the attributes are those of; null: of neither. */
export function kindOf(fields: LdapFields): Kind | null {
  const kinds: readonly Kind[] = ["openldap", "active"];
  return kinds.find((kind) => JSON.stringify(pick(fields)) === JSON.stringify(ATTRIBUTES[kind])) ?? null;
}

/** An empty field is left out: a secret stays then, and the rest has its default. */
export function toInput(fields: LdapFields): LdapInput {
  const { url, bindDn, baseDn, ...rest } = fields;
  const filled = Object.fromEntries(Object.entries(rest).filter(([, value]) => value.trim() !== ""));
  return { url: url.trim(), bindDn: bindDn.trim(), baseDn: baseDn.trim(), ...filled };
}
