# Takes one file: a header, an acknowledgement, then the bytes.
import hashlib
import socket

sk = socket.socket()
sk.bind(("127.0.0.1", 0))
sk.listen(5)
print(sk.getsockname()[1], flush=True)
conn, address = sk.accept()
cmd, file_name, file_size = conn.recv(1024).decode().split("|")
conn.sendall(b"ok")
size, digest = 0, hashlib.sha256()
while size < int(file_size):
    data = conn.recv(1024)
    if not data:
        break
    digest.update(data)
    size += len(data)
conn.sendall(digest.hexdigest().encode())
conn.close()
sk.close()
