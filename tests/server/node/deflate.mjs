// Three frames of a large shared subscription, read by ws with permessage-deflate.
import WebSocket from "ws";

const [url, cookie, origin] = process.argv.slice(2);
const socket = new WebSocket(url, "graphql-transport-ws", { headers: { cookie }, origin });
const frames = [];
const say = (message) => socket.send(JSON.stringify(message));
socket.on("open", () => say({ type: "connection_init" }));
socket.on("message", (data) => {
  const message = JSON.parse(data.toString());
  if (message.type === "connection_ack") {
    const query = "subscription { beats { number text(sized: 50000) } }";
    say({ type: "subscribe", id: "1", payload: { query } });
  } else if (message.type === "next") {
    frames.push(message.payload);
    if (frames.length === 3) {
      console.log(JSON.stringify({ extensions: socket.extensions, frames }));
      socket.terminate();
    }
  }
});
socket.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
