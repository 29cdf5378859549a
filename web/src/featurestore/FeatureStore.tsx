/** The Feature Store: which DVS target it uses, since when that is locked, and the ways to change it. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTargets } from "../dvs/live";
import { useIsOperator, useLive } from "../live/Live";
import { ForOperators } from "../session/Own";
import { Action } from "../ui/Action";
import { fullMoment, since } from "../ui/format";
import { Icon } from "../ui/Icon";
import { Mark } from "../ui/Mark";
import { Failed, Panel, Skeleton } from "../ui/Panel";
import { Screen } from "../ui/Screen";
import { useNow } from "../ui/useNow";
import { ChangeTarget } from "./ChangeTarget";
import css from "./FeatureStore.module.css";
import { useFeatureStore, type StoreInfo } from "./live";
import { Unlock } from "./Unlock";

export function FeatureStore() {
  return (
    <Screen title="Feature Store">
      {useIsOperator() ? <Known /> : <Panel title="Target"><ForOperators title="The Feature Store is for operators">It says where features are kept.</ForOperators></Panel>}
    </Screen>
  );
}

function Known() {
  const { connection } = useLive();
  const { store, failure } = useFeatureStore();
  if (store !== null) return <Loaded store={store} />;
  return (
    <Panel title="Target">
      {failure === null ? <Skeleton rows={4} rowHeight={26} /> : <Failed what="The Feature Store" failure={{ message: failure, requestId: null }} retry={() => connection.retryNow()} />}
    </Panel>
  );
}

function Loaded({ store }: { store: StoreInfo }) {
  const now = useNow();
  const { all } = useTargets();
  const [popup, setPopup] = useState<"change" | "unlock" | null>(null);
  const close = () => setPopup(null);
  const { target, usedAt } = store;
  return (
    <Panel title="Target" note={store.isLocked ? "locked" : "not used yet"}>
      <dl className={css.facts}>
        <div><dt>Uses</dt><dd>{target == null ? "a target that is gone" : <Link to="/dvs" search={{ target: target.uuid }}>{target.name}</Link>}</dd></div>
        {target?.state === "FAILING" && <div><dt>State</dt><dd><Mark level="WARNING" /> The target does not work; its reason stands there.</dd></div>}
        <div><dt>Lock</dt><dd>
          {usedAt == null
            ? "Open: another target can be chosen until it is used for the first time."
            : <span className={css.locked}><Icon name="lock" size={14} /> <span>Locked: it has been used <span title={fullMoment(Date.parse(usedAt))}>for {since(usedAt, now)}</span>, first by {store.usedBy}. Another target would not have what is kept in this one.</span></span>}
        </dd></div>
      </dl>
      <div className={css.actions}>
        {store.isLocked
          ? <Action onPress={() => setPopup("unlock")}><Icon name="lock" size={14} /> Unlock</Action>
          : <Action kind="primary" onPress={() => setPopup("change")}>Use another target</Action>}
      </div>
      {popup === "change" && <ChangeTarget store={store} targets={all ?? []} onClose={close} />}
      {popup === "unlock" && target != null && <Unlock store={store} name={target.name} onClose={close} />}
    </Panel>
  );
}
