/** The way in: at a provider or by name and password, what was wrong in words, and how long to wait. */
import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Logo } from "../shell/Logo";
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import { FAILURES } from "./failures";
import { safeNext } from "./next";
import { readMethods, signIn, signInElsewhere, signOutElsewhere, SignInRefused, type Methods } from "./session";
import css from "./SignIn.module.css";

export function SignIn() {
  const { next, failed, left, request } = useSearch({ from: "/sign-in" });
  const [methods, setMethods] = useState<Methods | null>(null);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [refusal, setRefusal] = useState(failed ? FAILURES[failed] + (request ? ` Request ${request}.` : "") : null);
  const [waitSeconds, setWaitSeconds] = useState(0);
  const [isSending, setSending] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = "Sign in · Quartermaster";
    void readMethods().then(setMethods);
  }, []);
  useEffect(() => {
    if (refusal !== null) box.current?.focus();
  }, [refusal]);
  useEffect(() => {
    if (waitSeconds === 0) return;
    const timer = setTimeout(() => setWaitSeconds(waitSeconds - 1), 1000);
    return () => clearTimeout(timer);
  }, [waitSeconds]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isSending || waitSeconds > 0) return;
    setSending(true);
    setRefusal(null);
    try {
      await signIn(name, password);
      window.location.replace(safeNext(next));
    } catch (error) {
      if (error instanceof SignInRefused) {
        setRefusal(error.message);
        setWaitSeconds(error.retryAfterSeconds ?? 0);
      } else {
        setRefusal("The server does not answer. Your entry is kept: try again.");
      }
      setSending(false);
    }
  };

  const elsewhere = () => {
    setSending(true);
    signInElsewhere(safeNext(next));
  };

  return (
    <main className={css.screen}>
      <div className={css.box}>
        <div className={css.brand}><Logo /> Quartermaster</div>
        <h1 className={css.title}>Sign in</h1>
        {refusal !== null && (
          <div ref={box} className={css.refusal} role="alert" tabIndex={-1}>
            <Mark level="CRITICAL" />
            <span>{refusal}{waitSeconds > 0 && ` Try again in ${waitSeconds} s.`}</span>
          </div>
        )}
        {left === "here" && methods?.provider != null && (
          <div className={css.left} role="status">
            <span>You are signed out here, and may still be signed in at {methods.provider}: whoever uses this browser next comes in as you.</span>
            <Action onPress={signOutElsewhere}>Sign out there too</Action>
          </div>
        )}
        {methods?.provider != null && (
          <Action kind="primary" className={css.action} isDisabled={isSending} autoFocus={refusal === null} onPress={elsewhere}>Sign in with {methods.provider}</Action>
        )}
        {methods?.provider != null && methods.local && <p className={css.or}>or by a password of this installation</p>}
        {(methods?.local === true || methods?.ldap === true) && (
          <form className={css.form} onSubmit={(event) => void submit(event)} method="post" action="/sign-in">
            <TextField className={css.field} value={name} onChange={setName} isRequired autoFocus={methods.provider === null && refusal === null} autoComplete="username" name="name">
              <Label>Name</Label>
              <Input autoCapitalize="none" spellCheck={false} />
            </TextField>
            <TextField className={css.field} value={password} onChange={setPassword} isRequired type="password" autoComplete="current-password" name="password">
              <Label>Password</Label>
              <Input />
            </TextField>
            <Action kind={methods.provider === null ? "primary" : "plain"} className={css.action} type="submit" isDisabled={isSending || waitSeconds > 0}>
              {isSending ? "Signing in…" : waitSeconds > 0 ? `Wait ${waitSeconds} s` : "Sign in"}
            </Action>
          </form>
        )}
        {methods?.local === true && methods.provider === null && !methods.ldap && (
          <p className={css.help}>The first password of the operator was printed where Quartermaster was started.</p>
        )}
      </div>
    </main>
  );
}
