# Four connections, three messages on each.
import socket
import sys

messages = ["This is the message. ", "It will be sent ", "in parts."]
server_address = ("127.0.0.1", int(sys.argv[1]))
socks = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(4)]
for s in socks:
    s.connect(server_address)
for message in messages:
    for s in socks:
        s.send(message.encode())
    for s in socks:
        s.recv(1024)
for s in socks:
    s.close()
