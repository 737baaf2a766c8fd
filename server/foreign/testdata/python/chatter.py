# Two sockets of one process, and 3,000 exchanges between them.
import socket

listener = socket.create_server(("127.0.0.1", 0))
a = socket.create_connection(listener.getsockname())
b, _ = listener.accept()
for _ in range(3000):
    a.sendall(b"Hello, world")
    b.sendall(b.recv(1024))
    a.recv(1024)
