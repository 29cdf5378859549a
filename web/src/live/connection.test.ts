import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection";
import type { SubscriptionEvents, TransportEvents } from "./transport";

/** Sockets that a test opens and closes by hand. */
class Sockets {
  readonly opened: TransportEvents[] = [];
  readonly asked: { query: string; events: SubscriptionEvents }[] = [];
  aborted = 0;
  readonly open = (events: TransportEvents) => {
    this.opened.push(events);
    return {
      subscribe: (query: string, _variables: Record<string, unknown>, sink: SubscriptionEvents) => {
        this.asked.push({ query, events: sink });
        return () => undefined;
      },
      abort: () => { this.aborted++; },
    };
  };
  get last(): TransportEvents {
    return this.opened[this.opened.length - 1];
  }
}

let sockets: Sockets;
let session: "same" | "changed" | "over";
let signedOut: number;
let rolesChanged: number;
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = new Sockets();
  session = "same";
  rolesChanged = 0;
  signedOut = 0;
  connection = new Connection({
    open: sockets.open,
    checkSession: () => Promise.resolve(session),
    onSignedOut: () => { signedOut++; },
    onRolesChanged: () => { rolesChanged++; },
  });
});
afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

const ignore = { next: () => undefined, failed: () => undefined };

describe("a connection", () => {
  it.each([1000, 1006, 1011, 1012, 4400, 4429, 4500])("tries again after close code %i, without limit", async (code) => {
    connection.start();
    for (let tries = 1; tries <= 30; tries++) {
      expect(sockets.opened).toHaveLength(tries);
      sockets.last.closed(code, "");
      expect(connection.state).toBe("waiting");
      await vi.advanceTimersByTimeAsync(4000);
    }
  });

  it("makes every subscription again on the new socket, and tells that it begins anew", async () => {
    const restarted = vi.fn();
    connection.subscribe("subscription A", {}, { ...ignore, restarted });
    connection.start();
    sockets.last.opened();
    sockets.last.closed(1012, "");
    await vi.advanceTimersByTimeAsync(4000);
    sockets.last.opened();
    expect(sockets.asked.map(({ query }) => query)).toEqual(["subscription A", "subscription A"]);
    expect(restarted).toHaveBeenCalledTimes(2);
  });

  it("drops a socket that is open and says nothing for five seconds", async () => {
    connection.start();
    sockets.last.opened();
    await vi.advanceTimersByTimeAsync(4000);
    sockets.last.message();
    await vi.advanceTimersByTimeAsync(4000);
    expect(sockets.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2500);
    expect(sockets.aborted).toBe(1);
    expect(sockets.opened).toHaveLength(2);
  });

  it("does not wait when the page wakes up", () => {
    connection.start();
    sockets.last.closed(1006, "");
    connection.woke();
    expect(sockets.opened).toHaveLength(2);
  });

  it("hears nothing of a socket that it has given up", () => {
    connection.start();
    const [first] = sockets.opened;
    connection.retryNow();
    first.opened();
    expect(connection.state).toBe("connecting");
    first.closed(1006, "");
    expect(connection.retryAt).toBeNull();
  });

  it("tells of other roles and goes on", async () => {
    connection.start();
    sockets.last.opened();
    session = "changed";
    sockets.last.closed(4403, "");
    await vi.advanceTimersByTimeAsync(4000);
    expect(rolesChanged).toBe(1);
    expect(signedOut).toBe(0);
    expect(sockets.opened).toHaveLength(2);
  });

  it("tells of other roles that came before its socket was open, which closes nothing", async () => {
    connection.start();
    session = "changed";
    sockets.last.opened();
    await vi.advanceTimersByTimeAsync(0);
    expect(rolesChanged).toBe(1);
    expect(connection.state).toBe("open");
  });

  it("stops when the session is over, and only then", async () => {
    connection.start();
    sockets.last.opened();
    sockets.last.closed(4401, "");
    await vi.advanceTimersByTimeAsync(0);
    expect(signedOut).toBe(0);
    await vi.advanceTimersByTimeAsync(4000);
    session = "over";
    sockets.last.opened();
    sockets.last.closed(4401, "");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(signedOut).toBe(1);
    expect(connection.state).toBe("stopped");
    expect(sockets.opened).toHaveLength(2);
  });

  it("comes back when the server says, asks it nothing before, and then as soon as ever", async () => {
    let asked = 0;
    connection = new Connection({
      open: sockets.open,
      checkSession: () => { asked++; return Promise.resolve("same"); },
      onSignedOut: () => undefined,
      onRolesChanged: () => undefined,
    });
    connection.start();
    for (let tries = 1; tries <= 8; tries++) {
      sockets.last.closed(1013, "retry-after-ms=9000");
      await vi.advanceTimersByTimeAsync(8999);
      expect(sockets.opened).toHaveLength(tries);
      await vi.advanceTimersByTimeAsync(1);
      expect(sockets.opened).toHaveLength(tries + 1);
    }
    expect(asked).toBe(0);
    sockets.last.closed(1006, "");
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets.opened).toHaveLength(10);
  });
});
