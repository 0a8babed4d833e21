"""A backend that treats its connections as the PyStrands library does; Python's standard library is all it needs.

It decodes what each recv() returns by itself, so that a character cut in two ends the connection. Started with
`twice` it behaves like a program that calls connect() and then run_forever(), which connects again: whatever arrives
on the first connection is answered on the second, and the first is closed at that moment.

Usage: backend.py PORT once|twice
"""

import json
import socket
import sys
import threading
import uuid


class Backend:
    def __init__(self, port):
        self.port = port
        self.sock = None

    def connect(self):
        self.sock = socket.create_connection(("127.0.0.1", self.port))
        thread = threading.Thread(target=self.receive, daemon=True)
        thread.start()
        return thread

    def send(self, action, params, request_id=None):
        message = {"action": action, "request_id": request_id or str(uuid.uuid4()), "params": params}
        self.sock.sendall((json.dumps(message) + "\n").encode("utf-8"))

    def receive(self):
        buffer = ""
        while True:
            data = self.sock.recv(65536)  # self.sock may be another one by the next time
            if not data:
                print("end", flush=True)
                return
            buffer += data.decode("utf-8")
            while "\n" in buffer:
                line, buffer = buffer.split("\n", 1)
                if line.strip():
                    self.handle(json.loads(line))

    def handle(self, line):
        action, params = line["action"], line["params"]
        if action == "connection_request":
            self.request(line["request_id"], **params)
            return
        handler = getattr(self, "on_" + action, None)
        if handler:
            handler(**params)

    def request(self, request_id, url, headers, remote_addr, **more):
        name = url.rsplit("/", 1)[1]
        if name == "nobody":
            self.send("response", {"accepted": False}, request_id)
            return
        answer = {"client_id": name, "room_id": "lobby", "metadata": {"name": headers["X-Name"][0], "n": 2**60 + 1}}
        self.send("response", {"accepted": True, **answer}, request_id)

    def on_new_connection(self, context):
        metadata = context["metadata"]
        assert metadata["n"] == 2**60 + 1, metadata
        welcome = "Willkommen, %s (%s)" % (metadata["name"], context["room_id"])
        self.send("message_to_connection", {"conn_id": context["client_id"], "message": welcome})

    def on_new_message(self, context, message, **more):
        verb, _, text = message.partition(" ")
        if verb == "room":
            self.send("message_to_room", {"room_id": context["room_id"], "message": text})
        elif verb == "all":
            self.send("broadcast", {"message": text})
        elif verb == "to":
            target, _, text = text.partition(" ")
            self.send("message_to_connection", {"conn_id": target, "message": text})
        else:
            self.send("message_to_connection", {"conn_id": context["client_id"], "message": message})

    def on_disconnected(self, context):
        self.send("broadcast", {"message": context["client_id"] + " has left"})

    def on_error(self, error, context):
        print("error", error, flush=True)


backend = Backend(int(sys.argv[1]))
if sys.argv[2] == "twice":
    backend.connect()
backend.connect().join()
