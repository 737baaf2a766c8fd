# One thread for all clients: select, and a queue for each connection.
import queue
import select
import socket
import sys

left = int(sys.argv[1])  # clients
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setblocking(False)
server.bind(("127.0.0.1", 0))
server.listen(5)
print(server.getsockname()[1], flush=True)

inputs = [server]
outputs = []
message_queues = {}
while left > 0:
    readable, writable, exceptional = select.select(inputs, outputs, inputs, 20)
    if not (readable or writable or exceptional):
        print("Time out!")
        break
    for s in readable:
        if s is server:
            connection, client_address = s.accept()
            connection.setblocking(False)
            inputs.append(connection)
            message_queues[connection] = queue.Queue()
            continue
        data = s.recv(1024)
        if data:
            message_queues[s].put(data)
            if s not in outputs:
                outputs.append(s)
            continue
        if s in outputs:
            outputs.remove(s)
        if s in writable:
            writable.remove(s)
        inputs.remove(s)
        s.close()
        del message_queues[s]
        left -= 1
    for s in writable:
        try:
            next_msg = message_queues[s].get_nowait()
        except queue.Empty:
            outputs.remove(s)
        else:
            s.send(next_msg)
    for s in exceptional:
        inputs.remove(s)
        if s in outputs:
            outputs.remove(s)
        s.close()
        del message_queues[s]
        left -= 1
server.close()
