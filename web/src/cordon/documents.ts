/** Taking out of service and putting back, with what each refusal says. */
import { graphql } from "../gql";

export const CordonDevicesDocument = graphql(`
  mutation CordonDevices($input: CordonDevicesInput!) {
    cordonDevices(input: $input) {
      kind: __typename
      ... on DevicesChanged { devices { id } }
      ... on Refusal { message }
    }
  }
`);

export const UncordonDevicesDocument = graphql(`
  mutation UncordonDevices($input: UncordonDevicesInput!) {
    uncordonDevices(input: $input) {
      kind: __typename
      ... on DevicesChanged { devices { id } }
      ... on Refusal { message }
    }
  }
`);

export const CordonNodesDocument = graphql(`
  mutation CordonNodes($input: CordonNodesInput!) {
    cordonNodes(input: $input) {
      kind: __typename
      ... on NodesChanged { nodes { id } }
      ... on Refusal { message }
    }
  }
`);

export const UncordonNodesDocument = graphql(`
  mutation UncordonNodes($input: UncordonNodesInput!) {
    uncordonNodes(input: $input) {
      kind: __typename
      ... on NodesChanged { nodes { id } }
      ... on Refusal { message }
    }
  }
`);
