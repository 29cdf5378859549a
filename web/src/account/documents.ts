/** What is asked and changed about one's own account, and an operator about another's tokens. */
import { graphql } from "../gql";
import type { AccountQuery, TokenLineFragment } from "../gql/graphql";

export const TokenLine = graphql(`
  fragment TokenLine on ApiToken {
    id
    name
    scope
    createdAt
    expiresAt
    lastUsedAt
    lastUsedFrom
  }
`);

export const AccountDocument = graphql(`
  query Account {
    viewer {
      name
      displayName
      roles
      group { name pool { name } }
      createdAt
      tokens { ...TokenLine }
      sessions { id createdAt lastUsedAt expiresAt address isCurrent }
    }
    mostTokenDays
  }
`);

export const TokensOfUserDocument = graphql(`
  query TokensOfUser($name: String!) {
    user(name: $name) { tokens { ...TokenLine } }
  }
`);

export type Token = TokenLineFragment;
export type Session = NonNullable<NonNullable<AccountQuery["viewer"]>["sessions"]>[number];
