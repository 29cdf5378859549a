// Drives npm graphql-sse, the reference client, through a console; prints what each step gave as JSON.
import { createClient } from "graphql-sse";

const [url, cookie] = process.argv.slice(2);
const client = createClient({
  url,
  retryAttempts: 0,
  headers: { cookie, "Quartermaster-Client": "tests" },
});

async function take(count, payload) {
  const results = [];
  for await (const result of client.iterate(payload)) {
    results.push(result);
    if (results.length === count) break;
  }
  return results;
}

const report = {
  query: await take(1, { query: "{ me }" }),
  mutation: await take(1, { query: "mutation { change }" }),
  subscription: await take(3, { query: "subscription { ticks }" }),
  complete: await take(10, { query: "subscription { ticks(last: 2) }" }),
  shared: await take(3, { query: "subscription { beats { isFirst } }" }),
  sharedComplete: await take(10, { query: "subscription { beats(last: 2) { number } }" }),
  variables: await take(1, {
    query: "query Sized($sized: Int!) { thing { text(sized: $sized) } }",
    operationName: "Sized",
    variables: { sized: 3 },
  }),
  together: await Promise.all([
    take(2, { query: "subscription { ticks }" }),
    take(1, { query: "subscription { quiet }" }),
  ]),
  invalid: await take(2, { query: "{ nothing }" }),
  broken: await take(1, { query: "{ broken }" }),
  breaks: await take(3, { query: "subscription { breaks }" }),
};
client.dispose();
console.log(JSON.stringify(report));
