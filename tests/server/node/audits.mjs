// Runs npm graphql-http's server audits against a running console; prints one JSON object per line.
import { serverAudits } from "graphql-http";

const [url, cookie] = process.argv.slice(2);

const fetchFn = (input, init = {}) =>
  fetch(input, {
    ...init,
    headers: { ...init.headers, cookie, "quartermaster-client": "graphql-http audits" },
  });

for (const audit of serverAudits({ url, fetchFn })) {
  const result = await audit.fn();
  console.log(
    JSON.stringify({
      id: audit.id,
      name: audit.name,
      status: result.status,
      reason: result.reason ?? null,
    }),
  );
}
