/** The licence on the About screen: whose it is, what for and until when; without one, that none is needed. */
import type { ReactNode } from "react";
import facts from "../about/About.module.css";
import { Action } from "../ui/Action";
import { Mark } from "../ui/Mark";
import { CopyButton, Panel, Skeleton } from "../ui/Panel";
import css from "./Licence.module.css";
import { useLicence, type LicenceInfo } from "./live";
import { dayOf, deviceWords, validityWords } from "./words";

export function LicencePanel({ clusterId, onEnter }: { clusterId: string | null; onEnter: () => void }) {
  const licence = useLicence();
  return (
    <Panel title="Licence" note={licence?.edition} aside={<Action isSmall onPress={onEnter}>Enter a licence</Action>}>
      {licence === null ? <Skeleton rows={4} rowHeight={26} /> : <Shown licence={licence} clusterId={clusterId} />}
    </Panel>
  );
}

function Shown({ licence, clusterId }: { licence: LicenceInfo; clusterId: string | null }) {
  return (
    <>
      {licence.warnings?.map((warning) => <p key={warning} className={css.warning}><Mark level="WARNING" /> {warning}</p>)}
      <dl className={facts.facts}>
        <Fact name="Edition">{licence.state === "COMMUNITY" ? "Community: no licence is needed, it has no limit and no end" : licence.edition}</Fact>
        {licence.customer != null && <Fact name="Customer">{licence.customer}</Fact>}
        <Fact name="Devices">{deviceWords(licence)}</Fact>
        {licence.notBefore != null && <Fact name="Valid">from {dayOf(licence.notBefore)} {validityWords(licence)}</Fact>}
        {licence.licenceId != null && <Fact name="Licence id"><code>{licence.licenceId}</code>, for {licence.isOfThisCluster ? "this cluster only" : "any cluster"}</Fact>}
        {licence.enteredAt != null && <Fact name="Entered">{dayOf(licence.enteredAt)} by {licence.enteredBy}</Fact>}
        {clusterId !== null && <Fact name="Cluster id"><code>{clusterId}</code> <CopyButton text={clusterId} what="cluster id" /></Fact>}
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}
