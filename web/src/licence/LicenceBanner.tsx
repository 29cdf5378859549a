/** What the licence warns of, on every screen of an operator: it stops nothing, and it does not go away by itself. */
import { Link } from "@tanstack/react-router";
import banner from "../shell/Banner.module.css";
import { Mark } from "../ui/Mark";
import { useLicence } from "./live";

export function LicenceBanner() {
  const licence = useLicence();
  if (!licence?.warnings?.length) return null;
  return (
    <div className={banner.stale} role="status" data-testid="licence-warning">
      <Mark level="WARNING" />
      <span>{licence.warnings.join(" ")}</span>
      <Link to="/about" search={{ popup: "licence" }}>Enter a licence</Link>
    </div>
  );
}
