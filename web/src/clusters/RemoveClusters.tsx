/** Remove remote clusters: nothing can be sent there any more. One with active jobs stays. */
import { graphql } from "../gql";
import { useMutation } from "../session/mutate";
import { announce } from "../ui/announce";
import { ConfirmDelete } from "../ui/ConfirmDelete";
import { plural } from "../ui/format";
import { OutcomeBox } from "../ui/RefusalBox";
import type { ClusterInfo } from "./live";

const RemoveRemoteClustersDocument = graphql(`
  mutation RemoveRemoteClusters($input: RemoveRemoteClustersInput!) {
    removeRemoteClusters(input: $input) {
      kind: __typename
      ... on RemoteClustersRemoved { ids }
      ... on Refusal { message }
      ... on ItemsRefused { items { id name reasons { message } } }
    }
  }
`);

interface RemoveClustersProps {
  clusters: readonly ClusterInfo[];
  onRemoved: () => void;
  onClose: () => void;
}

export function RemoveClusters({ clusters, onRemoved, onClose }: RemoveClustersProps) {
  const { send, outcome, isSending } = useMutation(RemoveRemoteClustersDocument);
  const one = clusters.length === 1 ? clusters[0].name : null;
  const confirm = async () => {
    const done = await send({ clusters: clusters.map((cluster) => cluster.id) });
    if (done.kind !== "done") return;
    announce(one === null ? `${plural(clusters.length, "cluster")} are removed.` : `The cluster ${one} is removed.`);
    onRemoved();
  };
  const refusal = outcome?.kind === "refused" ? outcome.refusal : null;
  const busy = clusters.filter((cluster) => cluster.jobsSent > 0);
  return (
    <ConfirmDelete
      title={`Remove ${one === null ? plural(clusters.length, "remote cluster") : `remote cluster ${one}`}?`}
      returns={<><b>Jobs can be sent {one === null ? "to them" : "there"} no more.</b> What runs there now goes on.</>}
      checks={[["Active jobs sent there", busy.length === 0 ? "none" : plural(busy.reduce((sum, cluster) => sum + cluster.jobsSent, 0), "job")], ["Secret", "deleted with it"], ["Changes of it", "kept in the audit log"]]}
      blockers={busy.map((cluster) => ({ name: cluster.name, reason: `has ${plural(cluster.jobsSent, "active job")} sent to it` }))}
      confirm={`Remove ${one === null ? plural(clusters.length, "cluster") : "cluster"}`}
      isSending={isSending}
      refusal={
        <OutcomeBox outcome={outcome} not="Not removed"
          details={refusal?.kind === "ItemsRefused" && <ul>{refusal.items.map((item) => <li key={item.name}><b>{item.name}</b> {item.reasons.map((reason) => reason.message).join(" ")}</li>)}</ul>} />
      }
      onConfirm={() => void confirm()}
      onClose={onClose}
    />
  );
}
