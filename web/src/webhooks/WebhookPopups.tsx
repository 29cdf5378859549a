/** The popup that the address asks for. A webhook that went meanwhile is said to be gone. */
import { Action } from "../ui/Action";
import { Popup } from "../ui/Popup";
import { DeleteWebhooks } from "./DeleteWebhooks";
import type { WebhookInfo } from "./live";
import type { WebhookSearch } from "./search";
import { TestWebhook } from "./TestWebhook";
import { WebhookForm } from "./WebhookForm";

interface WebhookPopupsProps {
  search: WebhookSearch;
  /** Null before they are known. */
  webhooks: readonly WebhookInfo[] | null;
  close: () => void;
  onSaved: (id: string) => void;
  onDeleted: () => void;
}

export function WebhookPopups({ search: { popup, which = [] }, webhooks, close, onSaved, onDeleted }: WebhookPopupsProps) {
  const saved = (id: string) => {
    close();
    onSaved(id);
  };
  if (popup === "create") return <WebhookForm onSaved={saved} onClose={close} />;
  if (popup === undefined || webhooks === null) return null;
  const meant = webhooks.filter((webhook) => which.includes(webhook.name));
  if (meant.length === 0) {
    return <Popup title="This webhook is gone" onClose={close} actions={<Action autoFocus onPress={close}>Close</Action>}>{which.join(", ")} was renamed or deleted meanwhile.</Popup>;
  }
  if (popup === "edit") return <WebhookForm key={meant[0].id} webhook={meant[0]} onSaved={saved} onClose={close} />;
  if (popup === "test") return <TestWebhook key={meant[0].id} webhook={meant[0]} onClose={close} />;
  return <DeleteWebhooks webhooks={meant} onDeleted={() => { close(); onDeleted(); }} onClose={close} />;
}
