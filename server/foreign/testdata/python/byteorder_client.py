# Sends 20000 in network byte order.
import socket
import struct
import sys

s = socket.socket()
s.connect(("127.0.0.1", int(sys.argv[1])))
s.sendall(struct.pack("!I", socket.ntohl(socket.htonl(20000))))
print(s.recv(8).hex())
s.close()
