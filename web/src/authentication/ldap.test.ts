import { describe, expect, it } from "vitest";
import { ATTRIBUTES, fieldsOf, kindOf, toInput } from "./ldap";

describe("the fields of a directory", () => {
  it("begin as OpenLDAP has them", () => {
    expect(kindOf(fieldsOf({ ldap: null }))).toBe("openldap");
  });

  it("are Active Directory's once they are filled so, and nobody's once one is changed", () => {
    const active = { ...fieldsOf({ ldap: null }), ...ATTRIBUTES.active };
    expect(kindOf(active)).toBe("active");
    expect(kindOf({ ...active, userAttribute: "mail" })).toBeNull();
  });

  it("leave a password out that was not typed", () => {
    expect("bindPassword" in toInput(fieldsOf({ ldap: null }))).toBe(false);
    expect(toInput({ ...fieldsOf({ ldap: null }), bindPassword: " x" }).bindPassword).toBe(" x");
  });
});
