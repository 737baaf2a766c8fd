# A WebSocket client by Debian's python3-websockets: does what the lines of stdin
# say, and says on stdout what comes of it. See peers_test.go.
import asyncio
import base64
import json
import sys

import websockets


class Client(websockets.WebSocketClientProtocol):
    say = None

    def connection_open(self):  # before anything is read
        super().connection_open()
        self.say("open", text=self.subprotocol or "")

    async def pong(self, data=b""):  # called for each ping
        await super().pong(data)
        self.say("ping", text=bytes(data).decode())


async def listen(ws):
    try:
        while True:
            message = await ws.recv()
            if isinstance(message, bytes):
                ws.say("bytes", data=base64.b64encode(message).decode())
            else:
                ws.say("text", text=message)
    except websockets.ConnectionClosed:
        await ws.wait_closed()
        ws.say("close", code=ws.close_code, text=ws.close_reason)


async def ping(ws, text):
    await (await ws.ping(text))
    ws.say("pong", text=text)


async def main():
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    ws = None
    tasks = set()
    async for line in lines:
        c = json.loads(line)

        def say(what, session=c.get("session"), **more):
            print(json.dumps({"session": session, "is": what, **more}), flush=True)

        def start(task):
            tasks.add(asyncio.ensure_future(task))

        try:
            if c["do"] == "open":
                Client.say = staticmethod(say)
                ws = await websockets.connect(
                    c["url"], subprotocols=c["subprotocols"] or None,
                    extra_headers=c["headers"], ping_interval=None,
                    create_protocol=Client)
                start(listen(ws))
            elif c["do"] == "bytes":
                await ws.send(base64.b64decode(c["data"]))
            elif c["do"] == "text":
                await ws.send(c["text"])
            elif c["do"] == "ping":
                start(ping(ws, c["text"]))
            elif c["do"] == "close":
                start(ws.close(1000))
            elif c["do"] == "vanish":
                ws.transport.abort()
        except websockets.InvalidStatusCode as refused:
            say("refused", code=refused.status_code)
        except websockets.ConnectionClosed:
            pass  # listen tells of it


asyncio.run(main())
