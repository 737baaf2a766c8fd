# Several connections, each with a state of its own.
import selectors
import socket
import sys
import types

sel = selectors.DefaultSelector()
left = int(sys.argv[1])  # clients


def accept_wrapper(sock):
    conn, addr = sock.accept()
    conn.setblocking(False)
    data = types.SimpleNamespace(addr=addr, outb=b"")
    sel.register(conn, selectors.EVENT_READ | selectors.EVENT_WRITE, data=data)


def service_connection(key, mask):
    sock, data = key.fileobj, key.data
    if mask & selectors.EVENT_READ:
        recv_data = sock.recv(1024)
        if not recv_data:
            sel.unregister(sock)
            sock.close()
            return True
        data.outb += recv_data
    if mask & selectors.EVENT_WRITE and data.outb:
        sent = sock.send(data.outb)
        data.outb = data.outb[sent:]
    return False


lsock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
lsock.bind(("127.0.0.1", 0))
lsock.listen()
print(lsock.getsockname()[1], flush=True)
lsock.setblocking(False)
sel.register(lsock, selectors.EVENT_READ, data=None)
while left > 0:
    for key, mask in sel.select(timeout=None):
        if key.data is None:
            accept_wrapper(key.fileobj)
        elif service_connection(key, mask):
            left -= 1
sel.close()
