/**
 * Changes to the graph. How one went is done, refused (by a rule, in types), failed (surely nothing
 * was done) or unknown (no answer came). A change is sent under a command id, which it keeps while
 * its outcome is unknown: sent again, it is not done twice.
 */
import { useCallback, useRef, useState } from "react";
import type { TypedDocumentString } from "../gql/graphql";
import { graphChanged, type Failure } from "./graph";
import { CLIENT_HEADER, leaveSignedOut } from "./session";

/** Of a result's union: the refusals are those that have a message. Select `kind: __typename` to tell them apart. */
export type Refused<R> = Extract<R, { message: string }>;
export type Done<R> = Exclude<NonNullable<R>, { message: string }>;

export type Outcome<R> =
  | { kind: "done"; result: Done<R> }
  | { kind: "refused"; refusal: Refused<R>; requestId: string | null; serial: number }
  | { kind: "failed" | "unknown"; failure: Failure; serial: number };

/** The one root field of a mutation. */
export type ResultOf<T> = NonNullable<T[Exclude<keyof T, "__typename">]>;

type InputOf<V> = V extends { input: infer I } ? Omit<I, "commandId"> : never;

export interface Mutation<T, V> {
  /** Resolves to the outcome, which is kept here too for who shows it. */
  send: (input: InputOf<V>) => Promise<Outcome<ResultOf<T>>>;
  outcome: Outcome<ResultOf<T>> | null;
  /** The same once more, where no answer came; what is shown may have moved on since. */
  again: () => Promise<Outcome<ResultOf<T>>>;
  isSending: boolean;
  /** What was refused has been changed: the box above it has nothing more to say. */
  forget: () => void;
}

/** `hasCommand` is false for what the server makes anew each time and does not remember: a password. */
export function useMutation<T extends object, V extends { input: object }>(
  document: TypedDocumentString<T, V>,
  { hasCommand = true } = {},
): Mutation<T, V> {
  const [outcome, setOutcome] = useState<Outcome<ResultOf<T>> | null>(null);
  const [isSending, setSending] = useState(false);
  const command = useRef<{ id: string; wishes: string } | null>(null);
  const last = useRef<InputOf<V> | null>(null);
  const query = document.toString();

  const send = useCallback(async (input: InputOf<V>) => {
    const wishes = JSON.stringify(input);
    last.current = input;
    if (command.current?.wishes !== wishes) command.current = { id: newId(), wishes };
    setSending(true);
    const next = await carryOut<ResultOf<T>>(query, hasCommand ? { ...input, commandId: command.current.id } : input);
    if (next.kind !== "unknown") command.current = null;
    setOutcome(next);
    setSending(false);
    return next;
  }, [query, hasCommand]);
  const again = useCallback(() => {
    if (last.current === null) throw new Error("Nothing was sent yet.");
    return send(last.current);
  }, [send]);
  const forget = useCallback(() => setOutcome(null), []);
  return { send, again, outcome, isSending, forget };
}

/** A UUID (version 4, RFC 9562); `crypto.randomUUID` is there over HTTPS only. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The server gives up after 10 s; what is silent for longer has no answer on its way. */
const ANSWER_WITHIN_MS = 15_000;
/** Codes by which the server says that nothing was changed. */
const SURELY_NOT_DONE = new Set(["DATABASE_UNAVAILABLE"]);
const UNAUTHORIZED = 401;

interface Answer {
  data?: Record<string, { message?: string } | null> | null;
  errors?: readonly { message: string; extensions?: { code?: string } }[];
  error?: { message?: string };
}

/** Tells two outcomes of the same words apart. */
let serial = 0;

async function carryOut<R>(query: string, input: object): Promise<Outcome<R>> {
  let requestId: string | null = null;
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      credentials: "same-origin",
      headers: { ...CLIENT_HEADER, "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ query, variables: { input } }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    requestId = response.headers.get("X-Request-Id");
    if (response.status === UNAUTHORIZED) leaveSignedOut();
    return read(response.status, (await response.json()) as Answer, requestId);
  } catch {
    return { kind: "unknown", failure: { message: "No answer came from the server.", requestId }, serial: serial++ };
  }
}

function read<R>(status: number, answer: Answer, requestId: string | null): Outcome<R> {
  const result = Object.values(answer.data ?? {})[0];
  if (result != null) {
    if (result.message !== undefined) return { kind: "refused", refusal: result as Refused<R>, requestId, serial: serial++ };
    graphChanged.bump();
    return { kind: "done", result: result as Done<R> };
  }
  const first = answer.errors?.[0];
  const message = first?.message ?? answer.error?.message ?? `The server answered ${status}.`;
  const isSure = (status >= 400 && status < 500) || SURELY_NOT_DONE.has(first?.extensions?.code ?? "");
  return { kind: isSure ? "failed" : "unknown", failure: { message, requestId }, serial: serial++ };
}
