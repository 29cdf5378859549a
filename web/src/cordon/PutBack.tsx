/** Put a device or node back into service. */
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { UncordonDevicesDocument, UncordonNodesDocument } from "./documents";
import type { Target } from "./Service";
import css from "./Service.module.css";

export function PutBack({ target, close }: { target: Target; close: () => void }) {
  const devices = useMutation(UncordonDevicesDocument);
  const nodes = useMutation(UncordonNodesDocument);
  const { outcome, isSending } = target.kind === "device" ? devices : nodes;
  const finish = (sent: { kind: string }) => {
    if (sent.kind !== "done") return;
    close();
    announce(`${target.name} is in service again.`);
  };
  const submit = async () => {
    if (isSending) return;
    finish(await (target.kind === "device" ? devices.send({ devices: [target.id] }) : nodes.send({ nodes: [target.id] })));
  };
  const again = async () => finish(await (target.kind === "device" ? devices.again() : nodes.again()));
  const own = target.kind === "node" ? target.devices.filter((device) => device.cordon?.isOfNode === false).length : 0;
  return (
    <Popup title={`Put ${target.name} back into service`} onClose={close} onSubmit={() => void submit()}
      actions={
        <>
          <Action onPress={close}>Cancel</Action>
          <Action kind="primary" type="submit" autoFocus isDisabled={isSending}>{isSending ? "Putting back…" : "Put back into service"}</Action>
        </>
      }>
      <OutcomeBox outcome={outcome} not="Not put back" onAgain={() => void again()} />
      {target.cordon !== null && <p>It was taken out because of: <b>{target.cordon.reason}</b></p>}
      <ul className={css.effects}>
        <li>What no job holds is free again, and may be chosen.</li>
        {own > 0 && <li>{own === 1 ? "One of its devices was" : `${own} of its devices were`} taken out by {own === 1 ? "itself" : "themselves"}, and {own === 1 ? "stays" : "stay"} out.</li>}
      </ul>
    </Popup>
  );
}
