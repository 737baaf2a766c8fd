// A WebSocket echo, and with a port its client.
const { WebSocket, WebSocketServer } = require("ws");

const port = process.argv[2];
if (port) {
  const ws = new WebSocket("ws://127.0.0.1:" + port);
  ws.on("open", () => ws.send("Hello"));
  ws.on("message", () => ws.close());
} else {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("listening", () => console.log("port " + server.address().port));
  server.on("connection", (ws) => {
    ws.on("message", (data) => ws.send(data));
    ws.on("close", () => server.close());
  });
}
