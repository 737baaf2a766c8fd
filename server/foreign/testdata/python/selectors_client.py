# Connects without waiting, and sends two messages on each connection.
import selectors
import socket
import sys
import types

sel = selectors.DefaultSelector()
messages = [b"Message 1 from client.", b"Message 2 from client."]
port, num_conns = int(sys.argv[1]), int(sys.argv[2])
for i in range(num_conns):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", port))
    data = types.SimpleNamespace(msg_total=sum(len(m) for m in messages), recv_total=0, messages=list(messages), outb=b"")
    sel.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, data=data)
while sel.get_map():
    for key, mask in sel.select(timeout=1):
        sock, data = key.fileobj, key.data
        if mask & selectors.EVENT_READ:
            recv_data = sock.recv(1024)
            data.recv_total += len(recv_data)
            if not recv_data or data.recv_total == data.msg_total:
                sel.unregister(sock)
                sock.close()
                continue
        if mask & selectors.EVENT_WRITE:
            if not data.outb and data.messages:
                data.outb = data.messages.pop(0)
            if data.outb:
                sent = sock.send(data.outb)
                data.outb = data.outb[sent:]
