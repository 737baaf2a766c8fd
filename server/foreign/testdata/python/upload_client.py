# Sends a file of 5,000 bytes: waits for the acknowledgement, then sends pieces of 1,024.
import hashlib
import socket
import sys

sk = socket.socket()
sk.connect(("127.0.0.1", int(sys.argv[1])))
content = bytes(range(250)) * 20
sk.sendall("|".join(["upload", "numbers.bin", str(len(content))]).encode())
sk.recv(1024)
for at in range(0, len(content), 1024):
    sk.sendall(content[at : at + 1024])
if sk.recv(1024).decode() != hashlib.sha256(content).hexdigest():
    sys.exit("the digests differ")
sk.close()
