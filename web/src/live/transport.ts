/** One WebSocket attempt by graphql-ws, without its own retries: the connection above owns those. */
import { createClient } from "graphql-ws";

export interface TransportEvents {
  opened(): void;
  /** Any message of the server: the proof that the socket is not silent. */
  message(): void;
  /** `reason`: what the server gave with the close; empty where it gave none. */
  closed(code: number, reason: string): void;
}

export interface SubscriptionEvents {
  next(data: unknown): void;
  failed(reason: string): void;
}

export interface Transport {
  subscribe(query: string, variables: Record<string, unknown>, events: SubscriptionEvents): () => void;
  /** Drops the socket at once, whether or not the other side answers. */
  abort(): void;
}

export type OpenTransport = (events: TransportEvents) => Transport;

const CLOSED_WITHOUT_CODE = 1006;

export function openGraphqlWs(url: string): OpenTransport {
  return (events) => {
    const client = createClient({
      url,
      lazy: false,
      retryAttempts: 0,
      connectionAckWaitTimeout: 5000,
      onNonLazyError: () => undefined,
      on: {
        connected: () => events.opened(),
        message: () => events.message(),
        closed: (event) => {
          void client.dispose();
          events.closed(codeOf(event), reasonOf(event));
        },
      },
    });
    return {
      subscribe: (query, variables, sink) =>
        client.subscribe(
          { query, variables },
          {
            next: (result) => {
              if (result.data != null) sink.next(result.data);
              else sink.failed(wordsOf(result.errors));
            },
            error: (error) => {
              // A closed socket ends every subscription; that is the connection's to handle.
              if (Array.isArray(error)) sink.failed(wordsOf(error));
            },
            complete: () => sink.failed("The server ended this subscription."),
          },
        ),
      abort: () => {
        void client.dispose();
        client.terminate();
      },
    };
  };
}

function codeOf(event: unknown): number {
  const code = (event as { code?: unknown }).code;
  return typeof code === "number" ? code : CLOSED_WITHOUT_CODE;
}

function reasonOf(event: unknown): string {
  const reason = (event as { reason?: unknown }).reason;
  return typeof reason === "string" ? reason : "";
}

function wordsOf(errors: readonly { message: string }[] | undefined): string {
  return errors?.map((error) => error.message).join(" ") || "The server gave no reason.";
}
