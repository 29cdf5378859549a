/** One device beside the list, with its address of its own one press away. */
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { Action } from "../ui/Action";
import { gpu } from "../ui/format";
import { Icon } from "../ui/Icon";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import { CopyButton, Empty, PanelBoundary } from "../ui/Panel";
import { Counters } from "./Counters";
import { DeviceCharts } from "./DeviceCharts";
import css from "./DeviceList.module.css";
import { Holder } from "./Holder";
import { Reasons } from "./Reasons";
import { useDevice } from "./useDevice";

export function DevicePane({ uuid, close }: { uuid: string; close: () => void }) {
  const device = useDevice(uuid);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && !event.defaultPrevented && close();
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [close]);
  if (device === undefined) return <aside className={css.pane} aria-label="Device" />;
  if (device === null) {
    return (
      <aside className={css.pane} aria-label="Device">
        <Empty title="This device is not in the cluster" action={<Action onPress={close}>Close</Action>}>
          <code>{uuid}</code> is unknown here. It may have been replaced.
        </Empty>
      </aside>
    );
  }
  return (
    <aside className={css.pane} aria-label={`${device.node.hostName}, ${gpu(device)}`} data-testid="device-pane">
      <header className={css.paneHead}>
        <div>
          <h2 className={css.paneTitle}>
            <Mark level={device.health.level} label={LEVEL_WORD[device.health.level]} /> {device.node.hostName} · {gpu(device)}
          </h2>
          <p className={css.paneSub}>
            {device.type.name} · pool <Link to="/devices" search={{ pool: [device.pool.name] }}>{device.pool.name}</Link>
          </p>
          <p className={css.paneSub}><code>{device.uuid}</code> <CopyButton text={device.uuid} what="UUID" /></p>
        </div>
        <div className={css.paneTools}>
          <Link to="/devices/$uuid" params={{ uuid: device.uuid }} aria-label="Open on its own page"><Icon name="open" /></Link>
          <Action kind="icon" label="Close" onPress={close}><Icon name="close" /></Action>
        </div>
      </header>
      {device.health.reasons.length > 0 && <div className={css.section}><Reasons device={device} /></div>}
      <div className={css.section}><Holder device={device} /></div>
      <PanelBoundary title="Charts"><div className={css.section}><DeviceCharts device={device} /></div></PanelBoundary>
      <PanelBoundary title="Counters"><div className={css.section}><Counters key={device.id} deviceId={device.id} /></div></PanelBoundary>
    </aside>
  );
}
