/** GraphiQL from this server's own files: the same endpoint, header and cookie as the dashboard. */
import "./workers";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { CLIENT_HEADER } from "../session/session";
import "./page.css";

const { protocol, host } = window.location;

const fetcher = createGraphiQLFetcher({
  url: "/graphql",
  headers: CLIENT_HEADER,
  wsClient: createClient({ url: `${protocol === "https:" ? "wss" : "ws"}://${host}/graphql` }),
});

const FIRST_QUERY = `# Ctrl Space completes, Ctrl Enter runs. Subscriptions work too:
# subscription { clusterSnapshot { time load { allocated computing } } }
{
  cluster { name isDemo nodesReady load { devices allocated computing free } }
  pools { edges { node { name load { devices free } group { name } } } }
}
`;

const root = document.getElementById("root");
if (root === null) throw new Error("graphiql/index.html has no #root.");
createRoot(root).render(<GraphiQL fetcher={fetcher} defaultQuery={FIRST_QUERY} />);
