/**
 * Taking people of a directory's group on board, into the group of that name, which is made where
 * there is none (USER-2). Who is in another group already is shown, not offered, with the reason.
 */
import { useState, type ReactNode } from "react";
import { graphql } from "../gql";
import type { Role } from "../gql/graphql";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { plural, since } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Empty, Failed, Skeleton } from "../ui/Panel";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { useNow } from "../ui/useNow";
import { useDirectoryGroups, type Member } from "./directoryGroups";
import { GroupMembers } from "./GroupMembers";
import type { OnBoardProps } from "./OnBoard";
import css from "./OnBoard.module.css";

const OnBoardDirectoryGroupDocument = graphql(`
  mutation OnBoardDirectoryGroup($input: OnBoardDirectoryGroupInput!) {
    onBoardDirectoryGroup(input: $input) {
      kind: __typename
      ... on DirectoryGroupOnBoarded { group { name } users { id name } }
      ... on Refusal { message }
      ... on ItemsRefused { items { name reasons { message } } }
    }
  }
`);

/** Of the members who are chosen, by their subject. */
export type Chosen = ReadonlyMap<string, { member: Member; roles: ReadonlySet<Role> }>;

export function OnBoardGroup({ ways, onDone, onClose }: OnBoardProps & { ways: ReactNode }) {
  const now = useNow();
  const { read, failure, isLoading, refresh } = useDirectoryGroups();
  const [words, setWords] = useState("");
  const [group, setGroup] = useState<{ key: string; name: string } | null>(null);
  const [chosen, setChosen] = useState<Chosen>(() => new Map());
  const { send, again, outcome, isSending, forget } = useMutation(OnBoardDirectoryGroupDocument);
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;

  const people = [...chosen.values()];
  const newcomers = people.filter(({ member }) => member.user == null);
  const joining = people.flatMap(({ member }) => (member.user == null ? [] : [member.user.id]));
  const onBoard = async () => {
    if (isSending || group === null || people.length === 0) return;
    const sent = await send({
      name: group.name,
      people: newcomers.map(({ member, roles }) => ({ subject: member.subject, name: member.name, roles: [...roles] })),
      joining,
    });
    if (sent.kind !== "done") return;
    announce(`${plural(sent.result.users.length, "user")} in the group ${sent.result.group?.name ?? group.name}.`);
    onDone(sent.result.users.at(0)?.id);
  };
  const open = (one: { key: string; name: string }) => {
    setGroup({ key: one.key, name: one.name });
    setChosen(new Map());
    forget();
  };
  const listed = read?.groups.filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <Popup
      title="On-board users"
      size="wide"
      onClose={onClose}
      onSubmit={() => void onBoard()}
      sum={<span className={css.sum} data-testid="sum">{people.length === 0 ? <span className={css.muted}>Nobody is chosen yet.</span> : <><b>{people.length} chosen:</b> {inWords(newcomers.length, joining.length)}</>}</span>}
      actions={
        <>
          <Action onPress={onClose}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || people.length === 0}>{isSending ? "On-boarding…" : buttonOf(newcomers.length, joining.length)}</Action>
        </>
      }
    >
      <OutcomeBox outcome={outcome} not="Nobody was taken on board" onAgain={() => void again()}
        details={refusal?.kind === "ItemsRefused" && <ul>{refusal.items.map((item) => <li key={item.name}><b>{item.name}</b> {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>} />
      {ways}
      <div className={css.tools}>
        <span className={css.find}>
          <Icon name="search" />
          <input type="search" value={words} onChange={(event) => setWords(event.target.value)} placeholder="LDAP group" aria-label="Find an LDAP group" spellCheck={false} />
        </span>
        <span className={css.source}>
          LDAP{read?.readAt != null && <> · read {since(read.readAt, now)} ago</>}
          <Action onPress={refresh} isDisabled={isLoading}><Icon name="refresh" size={14} /> Refresh</Action>
        </span>
      </div>
      {failure !== null && !read ? <Failed what="The groups" failure={failure} retry={refresh} />
        : read === undefined || read === null ? <Skeleton rows={8} rowHeight={36} />
        : (
          <>
            {read.problem != null && <p className={css.stale} role="alert">The directory does not answer ({read.problem}).{read.readAt !== null && " These are the groups that it told of before."}</p>}
            <div className={css.split}>
              <ul className={css.groups} aria-label="LDAP groups">
                {listed?.map((one) => (
                  <li key={one.key}><button type="button" className={css.groupRow} aria-pressed={one.key === group?.key} onClick={() => open(one)}>{one.name}</button></li>
                ))}
                {listed?.length === 0 && <li><Empty title="No group">{words.trim() === "" ? "The directory tells of none." : "None is called so."}</Empty></li>}
              </ul>
              <div className={css.members}>
                {group === null ? <Empty title="No group is chosen">Choose one to see who is in it.</Empty> : <GroupMembers key={group.key} group={group} chosen={chosen} onChange={setChosen} />}
              </div>
            </div>
          </>
        )}
    </Popup>
  );
}

const inWords = (fresh: number, joining: number): string =>
  [fresh > 0 && plural(fresh, "new user"), joining > 0 && `${plural(joining, "free user")} ${joining === 1 ? "joins" : "join"}`].filter(Boolean).join(", ");

const buttonOf = (fresh: number, joining: number): string =>
  fresh > 0 && joining > 0 ? `On-board ${fresh}, add ${joining}` : joining > 0 ? `Add ${plural(joining, "user")}` : fresh > 0 ? `On-board ${plural(fresh, "user")}` : "On-board users";
