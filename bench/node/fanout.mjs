// The reference server of graphql-transport-ws, with the same data behind the same fields.
// Usage: node fanout.mjs <file of one frame's data, as JSON>
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const [[root, data]] = Object.entries(JSON.parse(readFileSync(process.argv[2], "utf8")));
const typeOf = (value) =>
  Array.isArray(value) ? `[${typeOf(value.find((each) => each !== null))}]`
  : typeof value === "number" ? "Float" : typeof value === "boolean" ? "Boolean" : "String";
const isList = Array.isArray(data);
const fields = Object.entries(isList ? data[0] : data).map(([name, value]) => `${name}: ${typeOf(value)}`);
const schema = buildSchema(`
  type Frame { ${fields.join("\n")} }
  type Query { nothing: String }
  type Subscription { ${root}: ${isList ? "[Frame!]!" : "Frame!"} }
`);

async function* ticks() {
  for (;;) {
    await new Promise((done) => setTimeout(done, 1000 - (Date.now() % 1000)));
    const time = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
    yield { [root]: isList ? data : { ...data, time } };
  }
}

const server = createServer();
useServer({ schema, roots: { subscription: { [root]: ticks } } }, new WebSocketServer({ server, path: "/graphql" }));
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, cookie: "", pid: process.pid }));
});
