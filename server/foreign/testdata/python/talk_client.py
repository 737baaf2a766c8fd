# Sends its messages one by one, waits for each echo, and pauses in between.
import socket
import sys
import time

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect(("127.0.0.1", int(sys.argv[1])))
for message in [b"This is the message. ", b"It will be sent ", b"in parts."]:
    sock.send(message)
    sock.recv(1024)
    time.sleep(0.05)
sock.close()
