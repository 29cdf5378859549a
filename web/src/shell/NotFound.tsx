/** An address that leads nowhere says so and offers the way back. */
import { Link } from "@tanstack/react-router";
import { Empty } from "../ui/Panel";

export function NotFound() {
  return (
    <Empty title="There is nothing at this address" action={<Link to="/">Go to the dashboard</Link>}>
      The device, node or screen may have been renamed or removed.
    </Empty>
  );
}
