/** Webhooks: where changes of health are posted, whether they arrive, and everything done with them. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useIsOperator, useLive } from "../live/Live";
import { ForOperators } from "../session/Own";
import { useScreenKeys } from "../shell/shortcuts";
import { Action } from "../ui/Action";
import { Check } from "../ui/Check";
import { focusWhenThere } from "../ui/focus";
import { count } from "../ui/format";
import { Cell, Grid, type Column } from "../ui/Grid";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import pane from "../ui/Pane.module.css";
import { Empty, Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import { useTicked } from "../ui/useTicked";
import { useWebhooks, type WebhookInfo } from "./live";
import type { WebhookPopup } from "./search";
import { WebhookPopups } from "./WebhookPopups";
import css from "./Webhooks.module.css";
import { levelWords, stateWords } from "./words";

const COLUMNS: readonly Column[] = [
  { key: "name", head: "Webhook", width: "minmax(120px, 1fr)" },
  { key: "url", head: "URL", width: "minmax(180px, 1.6fr)" },
  { key: "level", head: "Tells of", width: "150px" },
  { key: "state", head: "State", width: "minmax(200px, 2.2fr)" },
  { key: "missed", head: "Given up", width: "78px", isNumber: true },
];

export function WebhookList() {
  if (useIsOperator()) return <List />;
  return <Screen title="Webhooks"><Panel title="Who is told"><ForOperators title="Webhooks are for operators">They tell other systems of broken GPUs.</ForOperators></Panel></Screen>;
}

function List() {
  const search = useSearch({ from: "/app/webhooks" });
  const navigate = useNavigate({ from: "/webhooks" });
  const { connection } = useLive();
  const { all, failure } = useWebhooks();
  const [made, setMade] = useState<string>();
  const byId = new Map((all ?? []).map((webhook) => [webhook.id, webhook]));
  const ids = [...byId.keys()];
  const ticked = useTicked(ids);
  const open = (popup: WebhookPopup, some: Iterable<string> = []) =>
    void navigate({ search: { popup, which: [...some].map((id) => byId.get(id)?.name ?? "") } });
  const close = () => void navigate({ search: {}, replace: true });
  const ofOne = (popup: WebhookPopup) => ticked.ids.size === 1 && open(popup, ticked.ids);
  const remove = () => ticked.ids.size > 0 && open("delete", ticked.ids);
  useScreenKeys({ c: () => open("create"), e: () => ofOne("edit") });

  const columns = [{ key: "check", head: <Check label="All webhooks" isSelected={ticked.ids.size > 0} isIndeterminate={ticked.ids.size > 0 && ticked.ids.size < ids.length} onChange={ticked.toggleAll} />, width: "36px" }, ...COLUMNS];
  return (
    <Screen title="Webhooks" isFilling note={all === null ? undefined : count(all.length)}
      aside={
        <div className={css.actions}>
          <Action isDisabled={ticked.ids.size !== 1} onPress={() => ofOne("test")} describedBy="webhook-actions"><Icon name="play" size={14} /> Test</Action>
          <Action isDisabled={ticked.ids.size !== 1} onPress={() => ofOne("edit")} describedBy="webhook-actions"><Icon name="edit" size={14} /> Edit</Action>
          <Action isDisabled={ticked.ids.size === 0} onPress={remove} describedBy="webhook-actions"><Icon name="trash" size={14} /> Delete{ticked.ids.size > 1 && ` ${ticked.ids.size}`}</Action>
          <Action kind="primary" onPress={() => open("create")}><Icon name="plus" size={14} /> Create webhook</Action>
          <span id="webhook-actions" className="visually-hidden">{ticked.ids.size > 1 ? "One webhook is tested or edited at a time." : ticked.ids.size === 0 ? "Choose a webhook first." : ""}</span>
        </div>
      }>
      <div className={pane.panel}>
        {failure !== null && all === null ? <Failed what="The webhooks" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />
          : all === null ? <Skeleton rows={3} rowHeight={36} />
          : all.length === 0 ? <Empty title="Nobody is told yet">A webhook posts each change of a GPU's or a node's health to a pager, a chat or a program of yours, with the reason and what to do.</Empty>
          : (
            <Grid
              label="Webhooks"
              columns={columns}
              minWidth={780}
              rowHeight={36}
              ids={ids}
              activeId={made}
              state={(id) => ({ isSelected: ticked.ids.has(id), isOld: byId.get(id)?.isEnabled === false })}
              onOpen={(id) => open("edit", [id])}
              onToggle={ticked.toggle}
              keys={{ e: (id) => open("edit", [id]), t: (id) => open("test", [id]) }}
              note="by name"
              renderCells={(id) => {
                const webhook = byId.get(id);
                return webhook && (
                  <>
                    <Cell kind="check"><Check label={`Choose ${webhook.name}`} isSelected={ticked.ids.has(id)} onChange={() => ticked.toggle(id)} /></Cell>
                    <Cells webhook={webhook} />
                  </>
                );
              }}
            />
          )}
      </div>
      <WebhookPopups
        search={search}
        webhooks={all}
        close={close}
        onSaved={(id) => { setMade(id); focusWhenThere("[role=grid][aria-label=Webhooks]"); }}
        onDeleted={ticked.clear}
      />
    </Screen>
  );
}

function Cells({ webhook }: { webhook: WebhookInfo }) {
  const words = stateWords(webhook, useNow());
  return (
    <>
      <Cell kind="name" title={webhook.name}>{webhook.name}</Cell>
      <Cell kind="muted" title={webhook.url}>{webhook.url}</Cell>
      <Cell>{levelWords(webhook.minimumLevel)}</Cell>
      <Cell title={words}>{webhook.state === "FAILING" && <><Mark level="WARNING" />{" "}</>}{!webhook.isEnabled && webhook.state === "FAILING" && "Off, "}{words}</Cell>
      <Cell kind="number">{count(webhook.missed)}</Cell>
    </>
  );
}
