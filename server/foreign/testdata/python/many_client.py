# Many threads, each with a connection of its own.
import socket
import sys
import threading


def talk():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
        s.sendall(b"Hello")
        s.recv(1024)


threads = [threading.Thread(target=talk) for _ in range(int(sys.argv[2]))]
for t in threads:
    t.start()
for t in threads:
    t.join()
