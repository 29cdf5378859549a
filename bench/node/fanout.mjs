// The reference server of graphql-transport-ws, with the same data behind the same fields.
// Usage: node fanout.mjs <file of one frame's data, as JSON>
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const { deviceTelemetry } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const scalar = (name, value) =>
  name === "memoryUsedBytes" ? "Float" : typeof value === "number" ? "Float" : typeof value === "boolean" ? "Boolean!" : "String";
const fields = Object.entries(deviceTelemetry[0]).map(([name, value]) => `${name}: ${scalar(name, value)}`);
const schema = buildSchema(`
  type DeviceTelemetry { ${fields.join("\n")} }
  type Query { nothing: String }
  type Subscription { deviceTelemetry: [DeviceTelemetry!]! }
`);

async function* ticks() {
  for (;;) {
    await new Promise((done) => setTimeout(done, 1000 - (Date.now() % 1000)));
    yield { deviceTelemetry };
  }
}

const server = createServer();
useServer({ schema, roots: { subscription: { deviceTelemetry: ticks } } }, new WebSocketServer({ server, path: "/graphql" }));
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port, cookie: "", pid: process.pid }));
});
