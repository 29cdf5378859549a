/**
 * Where to go after signing in: only an absolute path of this origin. Anything a browser could read
 * as another site ("//evil", "/\evil", "https:evil", with tabs or line breaks) leads to the start, and
 * so does "/.//evil", whose path is "//evil" once its dots are resolved. server/next.py has the same.
 */
export function safeNext(next: unknown, origin: string = window.location.origin): string {
  if (typeof next !== "string" || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next)) return "/";
  const url = new URL(next, origin);
  if (url.origin !== origin || url.pathname.includes("//") || url.pathname === "/sign-in") return "/";
  return url.pathname + url.search;
}
