/**
 * Keeps one socket to the server for as long as somebody is signed in. It tries again without limit
 * after any close code, drops a socket that is open but silent, and reconnects at once when the page
 * wakes up or the network is back.
 */
import { hintedDelayMs, retryDelayMs } from "./backoff";
import type { SessionState } from "../session/session";
import { Signal } from "./signal";
import type { OpenTransport, SubscriptionEvents, Transport } from "./transport";

/** Ticks come every second: five seconds without any message is a dead socket. */
const SILENCE_MS = 5000;
const WATCH_EVERY_MS = 1000;
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;

export type ConnectionState = "connecting" | "open" | "waiting" | "stopped";

interface Topic extends SubscriptionEvents {
  query: string;
  variables: Record<string, unknown>;
  /** The connection begins anew: a snapshot follows. */
  restarted(): void;
  stop: (() => void) | null;
}

export interface ConnectionOptions {
  open: OpenTransport;
  /** Asks the server whether the session still holds, with the same roles. */
  checkSession: () => Promise<SessionState>;
  onSignedOut: () => void;
  /** Another set of roles: what is shown is no longer what this person may see. */
  onRolesChanged: () => void;
  now?: () => number;
  random?: () => number;
}

export class Connection {
  readonly changed = new Signal();
  state: ConnectionState = "stopped";
  /** When the next try is due, local ms; null unless waiting. */
  retryAt: number | null = null;
  /** Counts the sockets that opened: what was asked before the latest may be out of date. */
  epoch = 0;

  private readonly topics = new Set<Topic>();
  private readonly now: () => number;
  private readonly random: () => number;
  private transport: Transport | null = null;
  private attempt = 0;
  private lastMessageAt = 0;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private watchTimer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly options: ConnectionOptions) {
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
  }

  start(): void {
    if (this.state !== "stopped") return;
    this.watchTimer = setInterval(() => this.dropIfSilent(), WATCH_EVERY_MS);
    this.connect();
  }

  stop(): void {
    if (this.watchTimer !== null) clearInterval(this.watchTimer);
    this.clearRetry();
    this.dropTransport();
    this.become("stopped");
  }

  /** A standing subscription: made again on every new socket until the returned function is called. */
  subscribe(
    query: string,
    variables: Record<string, unknown>,
    events: SubscriptionEvents & { restarted?: () => void },
  ): () => void {
    const topic: Topic = {
      query,
      variables,
      next: events.next,
      failed: events.failed,
      restarted: events.restarted ?? (() => undefined),
      stop: null,
    };
    this.topics.add(topic);
    if (this.state === "open") this.begin(topic);
    return () => {
      this.topics.delete(topic);
      topic.stop?.();
    };
  }

  retryNow(): void {
    if (this.state === "stopped") return;
    this.attempt = 0;
    this.reconnect();
  }

  /** The page became visible, was restored, or the network is back. */
  woke(): void {
    if (this.state === "waiting") this.retryNow();
    else this.dropIfSilent(SILENCE_MS / 2);
  }

  private connect(): void {
    this.clearRetry();
    this.lastMessageAt = this.now();
    this.become("connecting");
    let isCurrent = true;
    const transport = this.options.open({
      opened: () => isCurrent && this.opened(),
      message: () => {
        if (isCurrent) this.lastMessageAt = this.now();
      },
      closed: (code, reason) => {
        if (!isCurrent) return;
        isCurrent = false;
        this.transport = null;
        this.closed(code, hintedDelayMs(reason));
      },
    });
    this.transport = {
      subscribe: transport.subscribe,
      abort: () => {
        isCurrent = false;
        transport.abort();
      },
    };
  }

  private opened(): void {
    this.attempt = 0;
    this.epoch++;
    this.become("open");
    for (const topic of this.topics) this.begin(topic);
    // From now on the server closes the socket of whom it regards otherwise. What changed between the
    // reading of the session and this moment closes nothing.
    void this.checkSession();
  }

  private begin(topic: Topic): void {
    topic.restarted();
    topic.stop = this.transport?.subscribe(topic.query, topic.variables, topic) ?? null;
  }

  private closed(code: number, hintMs: number | null): void {
    const wasOpen = this.state === "open";
    this.waitAndRetry(hintMs ?? retryDelayMs(this.attempt++, this.random));
    // A server that has too many at its door or goes away is asked nothing more.
    if (hintMs !== null) return;
    // A refused handshake has no code of its own (1006): only the session can tell it from an outage.
    if (code === UNAUTHORIZED || code === FORBIDDEN || !wasOpen) void this.checkSession();
  }

  private async checkSession(): Promise<void> {
    const session = await this.options.checkSession();
    if (session === "same" || this.state === "stopped") return;
    if (session === "changed") {
      this.options.onRolesChanged();
      return;
    }
    this.stop();
    this.options.onSignedOut();
  }

  private waitAndRetry(delay: number): void {
    this.retryAt = this.now() + delay;
    this.retryTimer = setTimeout(() => this.connect(), delay);
    this.become("waiting");
  }

  private dropIfSilent(limitMs = SILENCE_MS): void {
    if (this.state !== "open" && this.state !== "connecting") return;
    if (this.now() - this.lastMessageAt > limitMs) this.reconnect();
  }

  private reconnect(): void {
    this.dropTransport();
    this.connect();
  }

  private dropTransport(): void {
    const transport = this.transport;
    this.transport = null;
    transport?.abort();
  }

  private clearRetry(): void {
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    this.retryTimer = null;
    this.retryAt = null;
  }

  private become(state: ConnectionState): void {
    this.state = state;
    this.changed.bump();
  }
}
