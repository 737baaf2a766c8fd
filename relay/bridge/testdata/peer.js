// A WebSocket client by npm's ws: does what the lines of stdin say, and says on
// stdout what comes of it. See peers_test.go.
"use strict";
const readline = require("readline");
const WebSocket = require("ws");

let ws;

function open(c) {
	const say = (is, more) => console.log(JSON.stringify({ session: c.session, is, ...more }));
	ws = new WebSocket(c.url, c.subprotocols, { headers: c.headers });
	ws.on("open", () => say("open", { text: ws.protocol }));
	ws.on("message", (data, binary) => say(binary ? "bytes" : "text", binary ? { data: data.toString("base64") } : { text: data.toString() }));
	ws.on("ping", (data) => say("ping", { text: data.toString() }));
	ws.on("pong", (data) => say("pong", { text: data.toString() }));
	ws.on("close", (code, reason) => say("close", { code, text: reason.toString() }));
	ws.on("unexpected-response", (_, answer) => say("refused", { code: answer.statusCode }));
	ws.on("error", (err) => say("error", { text: String(err) }));
}

const verbs = {
	open,
	bytes: (c) => ws.send(Buffer.from(c.data, "base64")),
	text: (c) => ws.send(c.text),
	ping: (c) => ws.ping(c.text),
	close: () => ws.close(1000),
	vanish: () => ws.terminate(),
};

readline.createInterface({ input: process.stdin })
	.on("line", (line) => { const c = JSON.parse(line); verbs[c.do](c); })
	.on("close", () => process.exit());
