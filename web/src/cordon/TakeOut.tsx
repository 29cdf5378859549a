/** Take a device or node out of service: the reason is asked for, and what will happen is said. */
import { useState } from "react";
import { isHeld } from "../pools/blocks";
import { useMutation } from "../session/mutate";
import { Action } from "../ui/Action";
import { announce } from "../ui/announce";
import { TextEntry } from "../ui/Field";
import { count, plural } from "../ui/format";
import { Popup } from "../ui/Popup";
import { OutcomeBox } from "../ui/RefusalBox";
import { CordonDevicesDocument, CordonNodesDocument } from "./documents";
import type { Target } from "./Service";
import css from "./Service.module.css";

/** As the server has it. */
const REASON_MAX_LENGTH = 200;

export function TakeOut({ target, close }: { target: Target; close: () => void }) {
  const [reason, setReason] = useState("");
  const devices = useMutation(CordonDevicesDocument);
  const nodes = useMutation(CordonNodesDocument);
  const { outcome, isSending, forget } = target.kind === "device" ? devices : nodes;
  const finish = (sent: { kind: string }) => {
    if (sent.kind !== "done") return;
    close();
    announce(`${target.name} is out of service.`);
  };
  const submit = async () => {
    if (isSending) return;
    finish(await (target.kind === "device" ? devices.send({ devices: [target.id], reason }) : nodes.send({ nodes: [target.id], reason })));
  };
  const again = async () => finish(await (target.kind === "device" ? devices.again() : nodes.again()));
  const isBadReason = outcome?.kind === "refused" && outcome.refusal.kind === "BadReason";
  return (
    <Popup title={`Take ${target.name} out of service`} onClose={close} onSubmit={() => void submit()}
      actions={
        <>
          <Action onPress={close}>Cancel</Action>
          <Action kind="primary" type="submit" isDisabled={isSending || reason.trim() === ""}>{isSending ? "Taking out…" : "Take out of service"}</Action>
        </>
      }>
      <OutcomeBox outcome={outcome} not="Not taken out" onAgain={() => void again()} />
      <TextEntry label="Reason" value={reason} isRequired autoFocus maxLength={REASON_MAX_LENGTH}
        onChange={(next) => { setReason(next); if (isBadReason) forget(); }}
        hint="For everybody who finds it so: what is wrong, and where that is followed up." />
      <ul className={css.effects}>
        <li>{target.kind === "node" ? `Its ${plural(target.devices.length, "device")} stay in their pools and are` : `It stays in the pool ${target.devices[0]?.pool.name} and is`} offered to nobody: neither free nor chosen for anybody. A person may still move {target.devices.length === 1 ? "it" : "them"}.</li>
        <li>{goingOn(target)}</li>
        <li>Its health is shown as before: this is an intent, not a fault.</li>
      </ul>
    </Popup>
  );
}

function goingOn({ devices }: Target): string {
  const held = devices.filter(isHeld);
  if (held.length === 0) return "No job runs there now.";
  const names = [...new Set(held.map((device) => device.job?.name ?? ""))];
  const who = names.length > 2 ? plural(names.length, "job") : names.join(" and ");
  return `What runs there goes on: ${who} ${names.length === 1 ? "holds" : "hold"} ${devices.length === 1 ? "it" : `${count(held.length)} of ${plural(devices.length, "device")}`}.`;
}
