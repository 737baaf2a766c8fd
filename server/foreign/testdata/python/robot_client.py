# A caller: asks for something that is not there, then for an agent.
import socket
import sys

client = socket.socket()
client.connect(("127.0.0.1", int(sys.argv[1])))
print(client.recv(1024).decode(), end="")
for word in ["7", "0"]:
    client.sendall(word.encode())
    print(client.recv(1024).decode(), end="")
client.sendall(b"exit")
client.close()
