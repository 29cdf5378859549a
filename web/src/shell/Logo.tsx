/** The name's mark: eight devices of a node, some of them at work. */
const CELLS = [0, 0, 0, 1, 0, 0, 2, 0];
const FILLS = ["var(--dot)", "var(--r4)", "var(--information)"];

export function Logo() {
  return (
    <svg width={22} height={12} viewBox="0 0 22 12" aria-hidden="true">
      {CELLS.map((fill, i) => (
        <rect key={i} x={(i % 4) * 5.5} y={Math.floor(i / 4) * 6} width={4.5} height={5} rx={0.5} fill={FILLS[fill]} />
      ))}
    </svg>
  );
}
