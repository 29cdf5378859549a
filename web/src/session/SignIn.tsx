/** The way in: name and password, what was wrong in words, and how long to wait after too many tries. */
import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Input, Label, TextField } from "react-aria-components";
import { Logo } from "../shell/Logo";
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import { safeNext } from "./next";
import { signIn, SignInRefused } from "./session";
import css from "./SignIn.module.css";

export function SignIn() {
  const { next } = useSearch({ from: "/sign-in" });
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [waitSeconds, setWaitSeconds] = useState(0);
  const [isSending, setSending] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = "Sign in · Quartermaster";
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

  return (
    <main className={css.screen}>
      <form className={css.box} onSubmit={(event) => void submit(event)} method="post" action="/sign-in">
        <div className={css.brand}><Logo /> Quartermaster</div>
        <h1 className={css.title}>Sign in</h1>
        {refusal !== null && (
          <div ref={box} className={css.refusal} role="alert" tabIndex={-1}>
            <Mark level="CRITICAL" />
            <span>{refusal}{waitSeconds > 0 && ` Try again in ${waitSeconds} s.`}</span>
          </div>
        )}
        <TextField className={css.field} value={name} onChange={setName} isRequired autoFocus autoComplete="username" name="name">
          <Label>Name</Label>
          <Input autoCapitalize="none" spellCheck={false} />
        </TextField>
        <TextField className={css.field} value={password} onChange={setPassword} isRequired type="password" autoComplete="current-password" name="password">
          <Label>Password</Label>
          <Input />
        </TextField>
        <Action kind="primary" type="submit" isDisabled={isSending || waitSeconds > 0}>
          {isSending ? "Signing in…" : waitSeconds > 0 ? `Wait ${waitSeconds} s` : "Sign in"}
        </Action>
        <p className={css.help}>The first password of the operator was printed where Quartermaster was started.</p>
      </form>
    </main>
  );
}
