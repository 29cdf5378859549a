/** Every address of the dashboard, and what its search parameters may hold. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { readAboutSearch } from "./about/search";
import { readAccountSearch } from "./account/search";
import { readAuditSearch } from "./audit/search";
import { readBalanceSearch } from "./balance/search";
import { Dashboard } from "./dashboard/Dashboard";
import { readHeatSearch } from "./dashboard/heatSearch";
import { readTargetSearch } from "./dvs/search";
import { readEventSearch } from "./events/search";
import { readDeviceSearch } from "./devices/filters";
import { readHistorySearch } from "./history/search";
import { readGroupSearch } from "./groups/search";
import { readJobSearch } from "./jobs/search";
import { readNodeSearch } from "./nodes/search";
import { readUserSearch } from "./users/search";
import { readPoolSearch } from "./pools/search";
import { parseSearch, stringifySearch } from "./search";
import { safeNext } from "./session/next";
import { rolesKey } from "./session/Own";
import { readSession } from "./session/session";
import { readSignInSearch } from "./session/failures";
import { SignIn } from "./session/SignIn";
import { Unreachable } from "./session/Unreachable";
import { screen } from "./shell/code";
import { NotFound } from "./shell/NotFound";
import { ScreenFailed } from "./shell/ScreenFailed";
import { Shell } from "./shell/Shell";
import { readClusterSearch } from "./clusters/search";
import { readWebhookSearch } from "./webhooks/search";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSignInSearch,
  component: SignIn,
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location, cause }) => {
    if (cause === "stay") return;
    if ((await readSession()) === null) {
      throw redirect({ to: "/sign-in", search: { next: safeNext(location.href) } });
    }
  },
  loader: { handler: readSession, staleReloadMode: "blocking" },
  staleTime: Number.POSITIVE_INFINITY,
  errorComponent: Unreachable,
  component: function SignedIn() {
    const session = app.useLoaderData();
    // Another set of roles sees another cluster: nothing of the former is kept.
    return session && <Shell key={rolesKey(session.roles)} session={session} />;
  },
});

const dashboard = createRoute({
  getParentRoute: () => app,
  path: "/",
  validateSearch: readHeatSearch,
  component: Dashboard,
});
const nodes = createRoute({
  getParentRoute: () => app,
  path: "/nodes",
  validateSearch: readNodeSearch,
  component: screen(() => import("./nodes/NodeList"), "NodeList"),
});
const node = createRoute({
  getParentRoute: () => app,
  path: "/nodes/$hostName",
  component: screen(() => import("./nodes/NodePage"), "NodePage"),
});
const devices = createRoute({
  getParentRoute: () => app,
  path: "/devices",
  validateSearch: readDeviceSearch,
  component: screen(() => import("./devices/DeviceList"), "DeviceList"),
});
const device = createRoute({
  getParentRoute: () => app,
  path: "/devices/$uuid",
  component: screen(() => import("./devices/DevicePage"), "DevicePage"),
});
const history = createRoute({
  getParentRoute: () => app,
  path: "/history",
  validateSearch: readHistorySearch,
  component: screen(() => import("./history/HistoryView"), "HistoryView"),
});
const jobs = createRoute({
  getParentRoute: () => app,
  path: "/jobs",
  validateSearch: readJobSearch,
  component: screen(() => import("./jobs/JobList"), "JobList"),
});
const pools = createRoute({
  getParentRoute: () => app,
  path: "/pools",
  validateSearch: readPoolSearch,
  component: screen(() => import("./pools/PoolList"), "PoolList"),
});
const balance = createRoute({
  getParentRoute: () => app,
  path: "/balance",
  validateSearch: readBalanceSearch,
  component: screen(() => import("./balance/Balance"), "Balance"),
});
const groups = createRoute({
  getParentRoute: () => app,
  path: "/groups",
  validateSearch: readGroupSearch,
  component: screen(() => import("./groups/GroupList"), "GroupList"),
});
const users = createRoute({
  getParentRoute: () => app,
  path: "/users",
  validateSearch: readUserSearch,
  component: screen(() => import("./users/UserList"), "UserList"),
});
const events = createRoute({
  getParentRoute: () => app,
  path: "/events",
  validateSearch: readEventSearch,
  component: screen(() => import("./events/EventList"), "EventList"),
});
const clusters = createRoute({
  getParentRoute: () => app,
  path: "/clusters",
  validateSearch: readClusterSearch,
  component: screen(() => import("./clusters/ClusterList"), "ClusterList"),
});
const webhooks = createRoute({
  getParentRoute: () => app,
  path: "/webhooks",
  validateSearch: readWebhookSearch,
  component: screen(() => import("./webhooks/WebhookList"), "WebhookList"),
});
const dvs = createRoute({
  getParentRoute: () => app,
  path: "/dvs",
  validateSearch: readTargetSearch,
  component: screen(() => import("./dvs/TargetList"), "TargetList"),
});
const featureStore = createRoute({
  getParentRoute: () => app,
  path: "/feature-store",
  component: screen(() => import("./featurestore/FeatureStore"), "FeatureStore"),
});
const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: screen(() => import("./audit/AuditLog"), "AuditLog"),
});
const account = createRoute({
  getParentRoute: () => app,
  path: "/account",
  validateSearch: readAccountSearch,
  component: screen(() => import("./account/Account"), "Account"),
});
const terminal = createRoute({
  getParentRoute: () => app,
  path: "/device",
  component: screen(() => import("./account/Device"), "Device"),
});
const authentication = createRoute({
  getParentRoute: () => app,
  path: "/authentication",
  component: screen(() => import("./authentication/Authentication"), "Authentication"),
});
const about = createRoute({
  getParentRoute: () => app,
  path: "/about",
  validateSearch: readAboutSearch,
  component: screen(() => import("./about/About"), "About"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    app.addChildren([dashboard, nodes, node, devices, device, history, jobs, pools, balance, groups, users, events, dvs, featureStore, authentication, clusters, webhooks, audit, account, terminal, about]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultErrorComponent: ScreenFailed,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
