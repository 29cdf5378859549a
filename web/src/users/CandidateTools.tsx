/** Above the list of candidates: search, somebody who is not in it, and where and when it was read. */
import { useState } from "react";
import { Action } from "../ui/Action";
import { since } from "../ui/format";
import { Icon } from "../ui/Icon";
import { useNow } from "../ui/useNow";
import css from "./OnBoard.module.css";
import type { Candidates } from "./useCandidates";

interface CandidateToolsProps {
  candidates: Candidates;
  words: string;
  setWords: (words: string) => void;
  isTaken: (name: string) => boolean;
  onAdd: (name: string) => void;
}

export function CandidateTools({ candidates, words, setWords, isTaken, onAdd }: CandidateToolsProps) {
  const now = useNow();
  const [name, setName] = useState("");
  const { backend, readAt, isLoading, refresh } = candidates;
  const canAdd = name.trim() !== "" && !isTaken(name);
  const add = () => {
    if (!canAdd) return;
    onAdd(name.trim());
    setName("");
  };
  return (
    <div className={css.tools}>
      <span className={css.find}>
        <Icon name="search" />
        {/* The popup opens for this. */}
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
        <input type="search" autoFocus value={words} onChange={(event) => setWords(event.target.value)} placeholder={backend === "local" ? "Name" : "Name or login"} aria-label="Find a person" spellCheck={false} />
      </span>
      {(backend === null || backend === "local") && <span className={css.add}>
        <input
          value={name}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            // Enter adds the name; it does not send the whole form.
            event.preventDefault();
            add();
          }}
          placeholder="Somebody else, by login"
          aria-label="Somebody who is not in the list, by login"
          spellCheck={false}
          autoCapitalize="none"
          maxLength={120}
        />
        <Action onPress={add} isDisabled={!canAdd}><Icon name="plus" size={14} /> Add</Action>
      </span>}
      <span className={css.source}>
        {backend !== null && <>{backend === "local" ? "Owners of jobs here" : backend.toUpperCase()}{readAt !== null && <> · read {since(readAt, now)} ago</>}</>}
        <Action onPress={refresh} isDisabled={isLoading}><Icon name="refresh" size={14} /> Refresh</Action>
      </span>
    </div>
  );
}
