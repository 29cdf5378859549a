/** The changes of pools, with what each refusal says about what is in the way. */
import { graphql } from "../gql";

export const CreatePoolDocument = graphql(`
  mutation CreatePool($input: CreatePoolInput!) {
    createPool(input: $input) {
      kind: __typename
      ... on Pool { id name }
      ... on Refusal { message }
      ... on Unknown { ids }
      ... on MixedDeviceTypes { types { id name } }
      ... on DevicesInOtherPool { deviceIds }
      ... on DevicesBusy { deviceIds }
      ... on GroupHasPool { pool { name } }
    }
  }
`);

export const EditPoolDocument = graphql(`
  mutation EditPool($input: EditPoolInput!) {
    editPool(input: $input) {
      kind: __typename
      ... on Pool { id name version }
      ... on Refusal { message }
      ... on Unknown { ids }
      ... on StaleEdit { version ...StaleChanges }
      ... on MixedDeviceTypes { types { id name } }
      ... on DevicesInOtherPool { deviceIds }
      ... on DevicesBusy { deviceIds }
    }
  }
`);

export const MoveDevicesDocument = graphql(`
  mutation MoveDevices($input: MoveDevicesInput!) {
    moveDevices(input: $input) {
      kind: __typename
      ... on Pool { id name }
      ... on Refusal { message }
      ... on Unknown { ids }
      ... on MixedDeviceTypes { types { id name } }
      ... on DevicesInOtherPool { deviceIds }
      ... on DevicesBusy { deviceIds }
    }
  }
`);

export const DeletePoolsDocument = graphql(`
  mutation DeletePools($input: DeletePoolsInput!) {
    deletePools(input: $input) {
      kind: __typename
      ... on PoolsDeleted { ids defaultPool { name } }
      ... on Refusal { message }
      ... on Unknown { ids }
      ... on ItemsRefused { of items { id name reasons { message } } }
    }
  }
`);
