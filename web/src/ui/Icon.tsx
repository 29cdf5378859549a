/** Line icons, 16 px, 1.4 px stroke, in the colour of the text. Always beside words or a label. */
const PATHS = {
  dashboard: "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8h4.5v5.5H9zM2.5 10.5h4.5v3H2.5z",
  nodes: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01",
  devices: "M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14",
  jobs: "M3 4l4 4-4 4M8.5 12.5H13",
  pools: "M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3",
  groups: "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 2.8a2.5 2.5 0 0 1 0 4.4M12 9.9c1.5.5 2.5 1.8 2.5 3.6",
  users: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c0-3 2.5-4.5 5.5-4.5s5.5 1.5 5.5 4.5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7L14 14",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3l8 5-8 5z",
  sun: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1",
  moon: "M13.5 9.5A6 6 0 1 1 6.5 2.5a4.8 4.8 0 0 0 7 7z",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13",
  grid: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  open: "M9.5 2.5h4v4M13.5 2.5L8 8M11.5 9v4.5h-9v-9H7",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13 2.5V5h-2.5",
  chevronDown: "M4 6l4 4 4-4",
  chevronRight: "M6 4l4 4-4 4",
  cluster: "M8 1.8l5.5 3.1v6.2L8 14.2l-5.5-3.1V4.9zM2.5 4.9L8 8l5.5-3.1M8 8v6.2",
  clusters: "M5 2l3 1.7v3.4L5 8.8 2 7.1V3.7zM11 7.2l3 1.7v3.4L11 14l-3-1.7V8.9z",
  plus: "M8 3v10M3 8h10",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.3V11M8 5h.01",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5.2a2.5 2.5 0 0 1 5 0v2.3",
  edit: "M2.5 13.5l.7-2.9 7.6-7.6 2.2 2.2-7.6 7.6zM9.4 4.4l2.2 2.2",
  trash: "M3 4.5h10M6 4.5V2.8h4v1.7M4.2 4.5l.6 9h6.4l.6-9M6.7 7v4M9.3 7v4",
  move: "M2.5 8h10M9 4.5L12.5 8 9 11.5",
  audit: "M3.5 2h9v12h-9zM6 5h4M6 8h4M6 11h2",
  webhook: "M8 6.5a2.2 2.2 0 1 0-1.6-.7L4.4 9.6M3.5 9.6a2.2 2.2 0 1 0 2.2 2.2h4.8M12.5 9.6a2.2 2.2 0 1 1-1.9 3.3M12 9.6L9.6 5.8",
  versions: "M8 2c3 0 5 .9 5 2s-2 2-5 2-5-.9-5-2 2-2 5-2zM3 4v8c0 1.1 2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2 2 5 2s5-.9 5-2",
  features: "M2.5 2.5h11v11h-11zM2.5 6.2h11M6.2 6.2v7.3M9 9.8h2",
  balance: "M8 2.5v11M5 13.5h6M2.5 4.5h11M2.5 4.5L1 9h3zM13.5 4.5L12 9h3z",
  history: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  zoomIn: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7L14 14M7 5v4M5 7h4",
  zoomOut: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7L14 14M5 7h4",
  chevronLeft: "M10 4L6 8l4 4",
  check: "M3 8.5l3.2 3.2L13 4.8",
  none: "",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true"
      strokeWidth={1.4} strokeLinecap="round" strokeLinejoin="round" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
