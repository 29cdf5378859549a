/**
 * Why a sign-in at a provider came to nothing. The server leads here with a word of its own
 * (server/sign_in_elsewhere.py) and the request's id; what the provider said is in its log alone.
 */
import { textOf } from "../search";

export const FAILURES = {
  "no-provider": "Nobody signs in by a provider here any more.",
  "provider-away": "The provider does not answer; try again in a moment.",
  "too-many": "Too many sign-ins were begun from here; try again in a few minutes.",
  "not-this-browser": "That sign-in was begun in another browser, too long ago, or is complete already. Begin anew.",
  "not-confirmed": "The provider did not confirm who you are. Begin anew, or ask an operator.",
  "not-let-in": "The provider knows you, but you are not among those who may sign in here: ask an operator.",
  "not-on-board": "You are known, but not on board yet: ask an operator.",
} as const;

export interface SignInSearch {
  next?: string | undefined;
  failed?: keyof typeof FAILURES | undefined;
  /** They signed out here, and not yet at the provider. */
  left?: "here" | undefined;
  /** By which an operator finds the log. */
  request?: string | undefined;
}

export function readSignInSearch(search: Record<string, unknown>): SignInSearch {
  const failed = textOf(search["failed"]);
  const request = textOf(search["request"]);
  return {
    next: textOf(search["next"]),
    failed: failed !== undefined && Object.hasOwn(FAILURES, failed) ? (failed as keyof typeof FAILURES) : undefined,
    left: search["left"] === "here" ? "here" : undefined,
    request: request !== undefined && /^[0-9a-f]{16}$/.test(request) ? request : undefined,
  };
}
