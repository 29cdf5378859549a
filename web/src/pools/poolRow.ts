/** Where the focus goes when a popup has made, changed or filled a pool. */
export const poolRow = (name: string): string => `tr[data-pool="${CSS.escape(name)}"] [data-pool-link]`;
