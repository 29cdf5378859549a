/** What the web subscribes to for as long as somebody is signed in. */
import { graphql } from "../gql";
import type {
  ClusterSnapshotSubscription,
  DeviceChangesSubscription,
  JobChangesSubscription,
  NodeChangesSubscription,
} from "../gql/graphql";

export const ClusterDocument = graphql(`
  subscription ClusterSnapshot {
    clusterSnapshot {
      name
      isDemo
      version
      time
      ...Rail
      ...Tiles
      ...Readings
      ...LoadByPool
      ...NeedsAttention
      ...PoolLoads
      ...PoolsKnown
    }
  }
`);

export const FleetDocument = graphql(`
  subscription FleetTelemetry {
    fleetTelemetry {
      time
      sequence
      isKeyFrame
      deviceIds
      isStale
      health
      allocation
      utilisationPercent
      memoryUsedBytes
      temperatureCelsius
      powerWatts
      powerLimitWatts
    }
  }
`);

export const DevicesDocument = graphql(`
  subscription DeviceChanges {
    deviceChanges {
      isSnapshot
      isComplete
      removed
      changed {
        id
        uuid
        index
        migProfile
        migParent { id }
        memoryTotalBytes
        temperatureSlowdownCelsius
        type { id name product }
        cordon { reason since by isOfNode }
        health {
          level
          since
          reasons { code level title detail remedy source since }
        }
        node { id hostName }
        pool { id name isDefault }
        group { id name }
        job { id name owner startedAt }
      }
    }
  }
`);

export const NodesDocument = graphql(`
  subscription NodeChanges {
    nodeChanges {
      isSnapshot
      isComplete
      removed
      changed {
        id
        hostName
        state
        isStale
        driverVersion
        cudaVersion
        lastHeartbeatAt
        bootedAt
        cordon { reason since by }
        health { level since reasons { code level title detail remedy since } }
        host { cpuPercent memoryUsedBytes memoryTotalBytes }
      }
    }
  }
`);

export const JobsDocument = graphql(`
  subscription JobChanges {
    jobChanges {
      isSnapshot
      isComplete
      removed
      changed {
        id
        key
        name
        state
        source
        owner
        requestedDevices
        heldDevices
        submittedAt
        startedAt
        user { id name }
        group { id name }
        pool { id name }
        nodes { id hostName }
      }
    }
  }
`);

export type ClusterSnapshot = ClusterSnapshotSubscription["clusterSnapshot"];
export type DeviceInfo = DeviceChangesSubscription["deviceChanges"]["changed"][number];
export type NodeInfo = NodeChangesSubscription["nodeChanges"]["changed"][number];
export type JobInfo = JobChangesSubscription["jobChanges"]["changed"][number];
