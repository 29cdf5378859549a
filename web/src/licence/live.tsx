/** The licence as it is now, for operators: one subscription serves the banner and the About screen. */
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { graphql } from "../gql";
import type { LicenceChangesSubscription } from "../gql/graphql";
import { useIsOperator, useLive } from "../live/Live";

const LicenceChangesDocument = graphql(`
  subscription LicenceChanges {
    licenceChanges {
      edition
      state
      warnings
      licenceId
      customer
      deviceLimit
      devices
      notBefore
      expiresAt
      daysLeft
      isOfThisCluster
      enteredAt
      enteredBy
    }
  }
`);

export type LicenceInfo = LicenceChangesSubscription["licenceChanges"];

const LicenceContext = createContext<LicenceInfo | null>(null);

export function LicenceProvider({ children }: { children: ReactNode }) {
  return useIsOperator() ? <Watched>{children}</Watched> : <LicenceContext value={null}>{children}</LicenceContext>;
}

/** Not held by a pause: it is no number that anybody would hold still. */
function Watched({ children }: { children: ReactNode }) {
  const { connection } = useLive();
  const [licence, setLicence] = useState<LicenceInfo | null>(null);
  useEffect(() => connection.subscribe(LicenceChangesDocument.toString(), {}, {
    next: (data) => setLicence((data as LicenceChangesSubscription).licenceChanges),
    failed: () => undefined,
  }), [connection]);
  return <LicenceContext value={licence}>{children}</LicenceContext>;
}

/** Null before it is known, and for who is no operator. */
export const useLicence = (): LicenceInfo | null => use(LicenceContext);
