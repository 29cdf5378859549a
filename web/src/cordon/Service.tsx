/** A device or node that can be taken out of service: the button for it, and why it is out. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { DeviceInfo, NodeInfo } from "../live/documents";
import { useIsOperator } from "../live/Live";
import { Action } from "../ui/Action";
import { gpu, since, when } from "../ui/format";
import { Mark } from "../ui/Mark";
import { useNow } from "../ui/useNow";
import { PutBack } from "./PutBack";
import css from "./Service.module.css";
import { TakeOut } from "./TakeOut";

export interface Target {
  kind: "device" | "node";
  id: string;
  /** As people call it: "h100-a · GPU 3". */
  name: string;
  /** What is taken out with it. */
  devices: readonly DeviceInfo[];
  cordon: { reason: string; since: string; by?: string | null; isOfNode?: boolean } | null;
  hostName: string;
}

export const deviceTarget = (device: DeviceInfo): Target =>
  ({ kind: "device", id: device.id, name: `${device.node.hostName} · ${gpu(device)}`, devices: [device], cordon: device.cordon ?? null, hostName: device.node.hostName });

export const nodeTarget = (node: NodeInfo, devices: readonly DeviceInfo[]): Target =>
  ({ kind: "node", id: node.id, name: node.hostName, devices, cordon: node.cordon ?? null, hostName: node.hostName });

/** In service: how to take it out. Nothing for who may not, or while it is out. */
export function TakeOutAction({ target }: { target: Target }) {
  const [isOpen, setOpen] = useState(false);
  const isOperator = useIsOperator();
  // The popup stays while what it did comes back: it says itself when it is done.
  if (!isOperator || (target.cordon !== null && !isOpen)) return null;
  return (
    <>
      {target.cordon === null && <Action isSmall onPress={() => setOpen(true)}>Take out of service…</Action>}
      {isOpen && <TakeOut target={target} close={() => setOpen(false)} />}
    </>
  );
}

/** Out of service: why, since when, by whom, and how to put it back. */
export function OutOfService({ target }: { target: Target }) {
  const now = useNow();
  const [isOpen, setOpen] = useState(false);
  const isOperator = useIsOperator();
  const { cordon } = target;
  if (cordon === null && !isOpen) return null;
  return (
    <>
      {cordon !== null && (
        <section className={css.bar} data-testid="out-of-service">
          <Mark level="OUT" />
          <div>
            <p><b>Out of service{cordon.isOfNode && <>, with its node <Link to="/nodes/$hostName" params={{ hostName: target.hostName }}>{target.hostName}</Link></>}:</b> {cordon.reason}</p>
            <p className={css.more}>Since {when(cordon.since, now)} ({since(cordon.since, now)}){cordon.by != null && `, by ${cordon.by}`}. It is offered to nobody; jobs that run there go on.</p>
          </div>
          {isOperator && !cordon.isOfNode && <Action isSmall onPress={() => setOpen(true)}>Put back into service</Action>}
        </section>
      )}
      {isOpen && <PutBack target={target} close={() => setOpen(false)} />}
    </>
  );
}
