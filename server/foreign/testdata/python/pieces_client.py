# Writes what lies in several places, and receives to the end.
import os
import socket
import sys

s = socket.socket()
s.connect(("127.0.0.1", int(sys.argv[1])))
os.writev(s.fileno(), [b"several ", b"pla", b""])
while s.recvmsg(100)[0]:
    pass
s.close()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 0))
u.sendmsg([b"to ", b"itself"], [], 0, u.getsockname())
u.recvmsg(100, 0, socket.MSG_PEEK)
print(u.recvmsg(5))
