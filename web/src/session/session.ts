/** Who is signed in, by the server's cookie session. Any change of person loads the page anew. */
import type { Role } from "../gql/graphql";

export interface Session {
  name: string;
  displayName: string | null;
  roles: Role[];
}

/** The server takes state-changing requests only with this header, which no foreign form can send. */
export const CLIENT_HEADER = { "Quartermaster-Client": "web" };

const ANSWER_WITHIN_MS = 10_000;
const channel = new BroadcastChannel("quartermaster-session");
channel.addEventListener("message", () => window.location.reload());

export class SignInRefused extends Error {
  constructor(
    message: string,
    readonly retryAfterSeconds: number | null,
  ) {
    super(message);
  }
}

function request(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(path, {
    ...init,
    credentials: "same-origin",
    headers: { ...CLIENT_HEADER, ...init.headers },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
}

/** null when nobody is signed in; throws when the server does not answer. */
export async function readSession(): Promise<Session | null> {
  const response = await request("/auth/session");
  if (response.status === 401) return null;
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return (await response.json()) as Session;
}

export type SessionState = "same" | "changed" | "over";

/** Over only when the server says that this person is not signed in; an outage says nothing. */
export async function compareSession(session: Session): Promise<SessionState> {
  try {
    const now = await readSession();
    if (now?.name !== session.name) return "over";
    return now.roles.toSorted().join() === session.roles.toSorted().join() ? "same" : "changed";
  } catch {
    return "same";
  }
}

/** How people sign in here; `provider`: the name of where they do, where they do it elsewhere. */
export interface Methods {
  local: boolean;
  ldap: boolean;
  provider: string | null;
}

/** Whatever the server does not tell is not offered, but for the way in by a password. */
export async function readMethods(): Promise<Methods> {
  try {
    const response = await request("/auth/methods");
    if (response.ok) return (await response.json()) as Methods;
  } catch {
    // The form says it when it is sent.
  }
  return { local: true, ldap: false, provider: null };
}

/** Leaves the page for the provider, which sends the browser back. */
export function signInElsewhere(next: string): void {
  window.location.assign(`/auth/begin?next=${encodeURIComponent(next)}`);
}

export async function signIn(name: string, password: string): Promise<void> {
  const response = await request("/auth/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  if (response.ok) {
    channel.postMessage("signed in");
    return;
  }
  const answer = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  const wait = Number(response.headers.get("Retry-After"));
  throw new SignInRefused(
    answer?.error?.message ?? `The server answered ${response.status}.`,
    response.status === 429 && wait > 0 ? wait : null,
  );
}

let isSigningOut = false;

/** Drops everything this page holds: socket, caches and all go with the document. */
export async function signOut(): Promise<void> {
  isSigningOut = true; // the socket may hear of the end before the answer is here
  const response = await request("/auth/sign-out", { method: "POST" }).catch((error: unknown) => {
    isSigningOut = false;
    throw error;
  });
  channel.postMessage("signed out");
  // 200: they had come in at a provider, where they may be signed in still.
  window.location.assign(response.status === 200 ? "/sign-in?left=here" : "/sign-in");
}

/** Leaves the page for the provider's own place to sign out at. */
export function signOutElsewhere(): void {
  window.location.assign("/auth/leave");
}

/** What is on the screen cannot be shown again: while anybody holds it, the page stays. */
let holds = 0;
let isLeaving = false;

/** Returns what lets go; a sign-out that came meanwhile then leads away. */
export function holdLeaving(): () => void {
  holds++;
  return () => {
    holds--;
    if (holds === 0 && isLeaving) leaveSignedOut();
  };
}

export function leaveSignedOut(): void {
  if (isSigningOut) return; // which leads away by itself
  isLeaving = true;
  if (holds > 0) return;
  const { pathname, search } = window.location;
  window.location.assign(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}
