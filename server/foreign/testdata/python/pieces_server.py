# Receives into several buffers, and sends what lies in several places, and in a file.
import os
import socket
import sys

s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(1)
print(s.getsockname()[1], flush=True)
conn, addr = s.accept()
head, body = bytearray(4), bytearray(60)
n = 0
while n < 11: # what was sent at once may come in pieces
    n += os.readv(conn.fileno(), [head, body])
conn.sendmsg([b"you sent ", str(n).encode(), b" bytes; this is the program: "])
with open(sys.argv[0], "rb") as f:
    conn.sendfile(f)
conn.close()
