# Sends a greeting and prints what comes back.
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect(("127.0.0.1", int(sys.argv[1])))
    s.sendall(b"Hello, world")
    data = s.recv(1024)
print("Received", repr(data))
