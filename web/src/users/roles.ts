/** The roles: their letters, names and what each is for. */
import type { Role } from "../gql/graphql";

export const ROLES: readonly Role[] = ["OPERATOR", "DATA_SCIENTIST", "ML_ENGINEER", "PRODUCTION_ENGINEER"];

export const ROLE_LETTERS: Record<Role, string> = {
  OPERATOR: "OP",
  DATA_SCIENTIST: "DS",
  ML_ENGINEER: "ML",
  PRODUCTION_ENGINEER: "PE",
};

export const ROLE_WORDS: Record<Role, string> = {
  OPERATOR: "Operator",
  DATA_SCIENTIST: "Data scientist",
  ML_ENGINEER: "ML engineer",
  PRODUCTION_ENGINEER: "Production engineer",
};

export const ROLE_PURPOSE: Record<Role, string> = {
  OPERATOR: "manages the cluster, its resources and its users",
  DATA_SCIENTIST: "creates models",
  ML_ENGINEER: "optimises and publishes models",
  PRODUCTION_ENGINEER: "deploys models",
};

/** "OP DS", or "none". */
export const roleLetters = (roles: readonly Role[]): string => ROLES.filter((role) => roles.includes(role)).map((role) => ROLE_LETTERS[role]).join(" ") || "none";
