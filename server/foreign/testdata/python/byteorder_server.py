# Reads a number in network byte order, and sends it back in both orders.
import socket
import struct

s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(1)
print(s.getsockname()[1], flush=True)
conn, addr = s.accept()
(n,) = struct.unpack("!I", conn.recv(4))
conn.sendall(struct.pack("!I", n) + struct.pack("<I", n))
conn.close()
