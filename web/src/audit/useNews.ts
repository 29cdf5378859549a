/** Has the log look again when the server tells of an entry that it does not have. */
import { useEffect } from "react";
import { graphql } from "../gql";
import type { AuditChangesSubscription, AuditFilter } from "../gql/graphql";
import { useLive } from "../live/Live";
import type { Pages } from "../session/usePages";

const AuditChangesDocument = graphql(`
  subscription AuditChanges($filter: AuditFilter) {
    auditChanges(filter: $filter) { id }
  }
`);

export function useNews(pages: Pages<{ id: string }>, filter: AuditFilter): void {
  const { connection } = useLive();
  const question = JSON.stringify(filter);
  // What is written between the first page and the subscription is in the subscription's first frame.
  const isRead = pages.items !== undefined;
  useEffect(() => {
    if (!isRead) return;
    return connection.subscribe(AuditChangesDocument.toString(), { filter: JSON.parse(question) as AuditFilter }, {
      next: (data) => {
        if ((data as AuditChangesSubscription).auditChanges.some((entry) => !pages.has(entry.id))) void pages.look();
      },
      // The log stays as it was read, and can be read again.
      failed: () => undefined,
    });
  }, [connection, pages, isRead, question]);
}
