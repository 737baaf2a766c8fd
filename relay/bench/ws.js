const {WebSocketServer} = require("ws"), net = require("net")
const [[host, port], [targetHost, targetPort]] = process.argv.slice(-2).map(a => a.split(":"))
new WebSocketServer({host, port}).on("connection", ws => {
	const tcp = net.connect({host: targetHost, port: targetPort, noDelay: true})
	ws.on("message", data => tcp.write(data)).on("close", () => tcp.destroy())
	tcp.on("data", data => ws.send(data)).on("close", () => ws.close())
})
