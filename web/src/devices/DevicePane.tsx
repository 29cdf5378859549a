/** One device beside the list, with its address of its own one press away. */
import { Link } from "@tanstack/react-router";
import { useIsOperator } from "../live/Live";
import { deviceTarget, OutOfService, TakeOutAction } from "../cordon/Service";
import { gpu } from "../ui/format";
import { Icon } from "../ui/Icon";
import { LEVEL_WORD, Mark } from "../ui/Mark";
import pane from "../ui/Pane.module.css";
import { CopyButton, Empty, PanelBoundary } from "../ui/Panel";
import { SidePane } from "../ui/SidePane";
import { Counters } from "./Counters";
import { DeviceCharts } from "./DeviceCharts";
import { Holder } from "./Holder";
import { Reasons } from "./Reasons";
import { useDevice } from "./useDevice";

export function DevicePane({ uuid, close }: { uuid: string; close: () => void }) {
  const device = useDevice(uuid);
  const isOperator = useIsOperator();
  if (device === undefined) return <aside className={pane.pane} aria-label="Device" />;
  if (device === null) {
    return (
      <SidePane label="Device" title="Unknown device" close={close}>
        <Empty title="This device is not in the cluster"><code>{uuid}</code> is unknown here. It may have been replaced.</Empty>
      </SidePane>
    );
  }
  return (
    <SidePane
      label={`${device.node.hostName}, ${gpu(device)}`}
      title={<><Mark level={device.health.level} label={LEVEL_WORD[device.health.level]} /> {device.node.hostName} · {gpu(device)}</>}
      sub={[
        <>{device.type.name} · pool <Link to="/devices" search={{ pool: [device.pool.name] }}>{device.pool.name}</Link></>,
        <><code>{device.uuid}</code> <CopyButton text={device.uuid} what="UUID" /></>,
      ]}
      tools={<Link to="/devices/$uuid" params={{ uuid: device.uuid }} aria-label="Open on its own page"><Icon name="open" /></Link>}
      close={close}
      testId="device-pane"
    >
      {(isOperator || device.cordon != null) && (
        <div className={pane.section}>
          <OutOfService target={deviceTarget(device)} />
          <TakeOutAction target={deviceTarget(device)} />
        </div>
      )}
      {device.health.reasons.length > 0 && <div className={pane.section}><Reasons device={device} /></div>}
      <div className={pane.section}><Holder device={device} /></div>
      <PanelBoundary title="Charts"><div className={pane.section}><DeviceCharts device={device} /></div></PanelBoundary>
      <PanelBoundary title="Counters"><div className={pane.section}><Counters key={device.id} deviceId={device.id} /></div></PanelBoundary>
    </SidePane>
  );
}
