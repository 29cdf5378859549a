// Drives npm graphql-ws, the reference client, through a console; prints what each step gave as JSON.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, cookie, origin] = process.argv.slice(2);

class SignedInWebSocket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { origin, headers: { cookie } });
  }
}

const client = createClient({ url, webSocketImpl: SignedInWebSocket, lazy: true, retryAttempts: 0 });

async function take(count, payload) {
  const results = [];
  for await (const result of client.iterate(payload)) {
    results.push(result);
    if (results.length === count) break;
  }
  return results;
}

async function refused(payload) {
  try {
    return await take(1, payload);
  } catch (errors) {
    return { refused: errors };
  }
}

const report = {
  query: await take(1, { query: "{ me }" }),
  mutation: await take(1, { query: "mutation { change }" }),
  subscription: await take(3, { query: "subscription { ticks }" }),
  complete: await take(10, { query: "subscription { ticks(last: 2) }" }),
  variables: await take(1, {
    query: "query Sized($sized: Int!) { thing { text(sized: $sized) } }",
    operationName: "Sized",
    variables: { sized: 3 },
  }),
  together: await Promise.all([
    take(2, { query: "subscription { ticks }" }),
    take(1, { query: "subscription { quiet }" }),
  ]),
  invalid: await refused({ query: "{ nothing }" }),
  broken: await take(1, { query: "{ broken }" }),
};
await client.dispose();
console.log(JSON.stringify(report));
