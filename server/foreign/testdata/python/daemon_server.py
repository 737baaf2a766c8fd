# Goes on in the background, as daemon(7) has it: a child of a child, in a session of its
# own, which serves one client. Whoever started it is told at once that it is over.
import os
import socket
import sys

s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
if os.fork() > 0:
    os._exit(3)
os.setsid()
if os.fork() > 0:
    os._exit(0)
conn, addr = s.accept()
while data := conn.recv(1024):
    conn.sendall(data)
conn.close()
