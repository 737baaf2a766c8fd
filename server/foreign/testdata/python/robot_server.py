# The robot of a call centre: one caller.
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(5)
print(server.getsockname()[1], flush=True)
conn, address = server.accept()
conn.sendall("Welcome to call 10086, 1 charges, 2 phone service, 0 for an agent\n".encode())
while True:
    data = conn.recv(1024).decode().strip()
    if not data or data == "exit":
        break
    if data == "0":
        conn.sendall("You are put through to an agent\n".encode())
    else:
        conn.sendall("please re-enter\n".encode())
conn.close()
server.close()
