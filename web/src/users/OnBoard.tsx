/** On-boarding: people one by one, or by a group of the directory where there is one (USER-1, USER-2). */
import { useState } from "react";
import type { GroupInfo } from "../groups/live";
import { Segments } from "../ui/Segments";
import css from "./OnBoard.module.css";
import { OnBoardGroup } from "./OnBoardGroup";
import { OnBoardPeople } from "./OnBoardPeople";
import { useCandidates } from "./useCandidates";

export interface OnBoardProps {
  groups: readonly GroupInfo[];
  /** The id of the first who was taken on board. */
  onDone: (id: string | undefined) => void;
  onClose: () => void;
}

export function OnBoard(props: OnBoardProps) {
  const [by, setBy] = useState<"people" | "group">("people");
  const [words, setWords] = useState("");
  const candidates = useCandidates(words.trim().toLowerCase());
  const ways = candidates.hasGroups && (
    <div className={css.ways}><Segments label="On-board" options={[["people", "People"], ["group", "By LDAP group"]]} value={by} onChange={setBy} /></div>
  );
  return by === "group" ? <OnBoardGroup ways={ways} {...props} /> : <OnBoardPeople ways={ways} candidates={candidates} words={words} setWords={setWords} {...props} />;
}
