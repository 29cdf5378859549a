/** What is typed to reach a cluster, and what is sent of it. */
import type { RemoteClusterKind, RemoteClusterLinkInput } from "../gql/graphql";
import type { ClusterInfo } from "./live";

export type Way = "kubeconfig" | "token";

export const KINDS: readonly RemoteClusterKind[] = ["KUBERNETES", "SLURM", "QUARTERMASTER"];
export const WAYS: readonly (readonly [Way, string])[] = [["kubeconfig", "Kubeconfig"], ["token", "URL and token"]];

export interface LinkFields {
  kind: RemoteClusterKind;
  way: Way;
  kubeconfig: string;
  url: string;
  userName: string;
  token: string;
  caCertificate: string;
}

/** One that is edited starts by URL: what stays of its secret need not be pasted again. */
export function fieldsOf(cluster: ClusterInfo | undefined): LinkFields {
  return {
    kind: cluster?.kind ?? "KUBERNETES",
    way: cluster === undefined ? "kubeconfig" : "token",
    kubeconfig: "",
    url: cluster?.url ?? "",
    userName: cluster?.userName ?? "",
    token: "",
    caCertificate: cluster?.caCertificate ?? "",
  };
}

export function toLink(fields: LinkFields): RemoteClusterLinkInput {
  if (fields.kind === "KUBERNETES" && fields.way === "kubeconfig") return { kubernetes: { kubeconfig: fields.kubeconfig } };
  const token = fields.token.trim() || null;
  const common = { url: fields.url.trim(), token, caCertificate: fields.caCertificate.trim() || null };
  switch (fields.kind) {
    case "KUBERNETES": return { kubernetes: common };
    case "SLURM": return { slurm: { ...common, userName: fields.userName.trim() } };
    case "QUARTERMASTER": return { quartermaster: common };
  }
}
