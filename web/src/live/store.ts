/**
 * All live data of the page: columns of the fleet, the cluster's snapshot, and the devices, nodes and
 * jobs by id. Pausing holds what is shown while charts go on being recorded.
 */
import type {
  DeviceChangesSubscription,
  FleetTelemetrySubscription,
  ClusterSnapshotSubscription,
  JobChangesSubscription,
  NodeChangesSubscription,
} from "../gql/graphql";
import { ServerClock } from "./clock";
import { Collection } from "./collection";
import type { Connection } from "./connection";
import {
  ClusterDocument,
  DevicesDocument,
  FleetDocument,
  JobsDocument,
  NodesDocument,
  type ClusterSnapshot,
  type DeviceInfo,
  type JobInfo,
  type NodeInfo,
} from "./documents";
import { Fleet, type Frame } from "./fleet";
import type { Recording } from "./recording";
import { Signal } from "./signal";

export type Topic = "cluster" | "fleet" | "devices" | "nodes" | "jobs";

export class LiveStore {
  readonly fleet = new Fleet();
  readonly devices = new Collection<DeviceInfo>();
  readonly nodes = new Collection<NodeInfo>();
  readonly jobs = new Collection<JobInfo>();
  readonly clock = new ServerClock();
  cluster: ClusterSnapshot | null = null;
  /** Server time of the newest frame that came with news of a node, shown or not; null before the first. */
  lastDataTime: number | null = null;
  /** The server answers, and hears no node any more: what it sends is as old as its last sample. */
  isSilent = false;
  pausedAt: number | null = null;
  /** What the server said about a subscription that it refused. */
  readonly failures = new Map<Topic, string>();

  readonly ticked = new Signal();
  readonly inventoryChanged = new Signal();
  readonly clusterChanged = new Signal();
  readonly pauseChanged = new Signal();

  private readonly recordings = new Set<Recording>();
  private latestFrame: Frame | null = null;
  private held: (() => void)[] = [];
  private heldCluster: ClusterSnapshot | null = null;

  constructor(private readonly now: () => number = Date.now) {}

  attach(connection: Connection): () => void {
    const failed = (topic: Topic) => (reason: string) => {
      this.failures.set(topic, reason);
      this.inventoryChanged.bump();
    };
    const restarted = (topic: Topic, begin: () => void) => () => {
      this.failures.delete(topic);
      begin();
    };
    const stops = [
      connection.subscribe(ClusterDocument.toString(), {}, {
        next: (data) => this.takeCluster((data as ClusterSnapshotSubscription).clusterSnapshot),
        failed: failed("cluster"),
        restarted: restarted("cluster", () => this.clock.reset()),
      }),
      connection.subscribe(FleetDocument.toString(), {}, {
        next: (data) => this.takeFrame((data as FleetTelemetrySubscription).fleetTelemetry),
        failed: failed("fleet"),
        restarted: restarted("fleet", () => this.fleet.expectKeyFrame()),
      }),
      connection.subscribe(DevicesDocument.toString(), {}, {
        next: (data) => this.takeDevices((data as DeviceChangesSubscription).deviceChanges),
        failed: failed("devices"),
        restarted: restarted("devices", () => this.devices.expectSnapshot()),
      }),
      connection.subscribe(NodesDocument.toString(), {}, {
        next: (data) => this.takeNodes((data as NodeChangesSubscription).nodeChanges),
        failed: failed("nodes"),
        restarted: restarted("nodes", () => this.nodes.expectSnapshot()),
      }),
      connection.subscribe(JobsDocument.toString(), {}, {
        next: (data) => this.takeJobs((data as JobChangesSubscription).jobChanges),
        failed: failed("jobs"),
        restarted: restarted("jobs", () => this.jobs.expectSnapshot()),
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** How old the newest data is, by the server's clock; null before any came. */
  ageMs(): number | null {
    return this.lastDataTime === null ? null : this.clock.ageMs(this.lastDataTime, this.now());
  }

  pause(): void {
    if (this.pausedAt !== null) return;
    this.pausedAt = this.now();
    this.pauseChanged.bump();
  }

  resume(): void {
    if (this.pausedAt === null) return;
    this.pausedAt = null;
    for (const apply of this.held) apply();
    this.held = [];
    if (this.heldCluster !== null) this.cluster = this.heldCluster;
    this.heldCluster = null;
    if (this.latestFrame !== null) this.fleet.show(this.latestFrame);
    this.pauseChanged.bump();
    this.clusterChanged.bump();
    this.inventoryChanged.bump();
    this.ticked.bump();
  }

  /** Every frame goes into it, from the newest that there is, until the returned function is called. */
  record(recording: Recording): () => void {
    this.recordings.add(recording);
    recording.restart();
    if (this.latestFrame !== null) this.fleet.record(this.latestFrame, [recording]);
    return () => {
      this.recordings.delete(recording);
      recording.stop();
    };
  }

  takeCluster(cluster: ClusterSnapshot): void {
    this.clock.observe(Date.parse(cluster.time), this.now());
    if (this.pausedAt !== null) {
      this.heldCluster = cluster;
      return;
    }
    this.cluster = cluster;
    this.clusterChanged.bump();
  }

  takeFrame(frame: Frame): void {
    const time = Date.parse(frame.time);
    this.clock.observe(time, this.now());
    this.isSilent = frame.isStale.length > 0 && !frame.isStale.includes(false);
    if (!this.isSilent) this.lastDataTime = Math.max(time, this.lastDataTime ?? 0);
    this.fleet.record(frame, this.recordings);
    this.latestFrame = frame;
    if (this.pausedAt === null && this.fleet.show(frame)) this.ticked.bump();
  }

  takeDevices(changes: DeviceChangesSubscription["deviceChanges"]): void {
    this.unlessPaused(() => this.devices.apply(changes));
  }

  takeNodes(changes: NodeChangesSubscription["nodeChanges"]): void {
    this.unlessPaused(() => this.nodes.apply(changes));
  }

  takeJobs(changes: JobChangesSubscription["jobChanges"]): void {
    this.unlessPaused(() => this.jobs.apply(changes));
  }

  private unlessPaused(apply: () => boolean): void {
    if (this.pausedAt !== null) this.held.push(apply);
    else if (apply()) this.inventoryChanged.bump();
  }
}
