"""Speaks to a SimpleServer as programs with its Python library do: what one recv of at most 1024 bytes returns is taken
for one message, cut at percent signs, bars and colons. Whatever that cannot read is an error here."""

import select
import socket
import sys
import time

PATIENCE = 20


def encode(headers, body):
    return ("$" + "".join(f"{name}:{value}|" for name, value in headers) + "%" + body).encode()


def decode(data):
    pieces = data.decode()[1:].split("%")
    headers = [entry.split(":") for entry in pieces[0].split("|") if entry]
    return [(fields[0], fields[1]) for fields in headers], pieces[1]


class Client:
    def __init__(self, host, port):
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setblocking(False)

    def send(self, body, *headers):
        self.socket.send(encode(headers, body))

    def send_text(self, text):
        self.socket.send(text.encode())

    def read(self):
        """Returns what a program's next look at the connection finds, as (headers, body)."""
        if not select.select([self.socket], [], [], PATIENCE)[0]:
            sys.exit("nothing comes")
        data = self.socket.recv(1024)
        if not data:
            sys.exit("the server has closed the connection")
        return decode(data)

    def expect(self, body, *headers):
        found = self.read()
        if found != (list(headers), body):
            sys.exit(f"{found!r} instead of {(list(headers), body)!r}")


def main(host, port):
    one = Client(host, port)
    one.send("Hello server!", ("handshake", ""))
    one.expect("Hello from the server!", ("handshake", "example"))
    print("handshake", flush=True)

    for i in range(12):  # they arrive together
        one.send(f"text {i}", ("i", str(i)))
    for i in range(12):
        one.expect(f"text {i}", ("i", str(i)))
    print("coalesced", flush=True)

    one.send("5", ("cmd", "burst"))
    for i in range(5):
        one.expect(f"burst {i}", ("n", str(i)))
    print("burst", flush=True)

    one.send("2500", ("cmd", "big"))
    whole, count = "", 1
    while len(whole) < 2500:
        headers, body = one.read()
        if headers != [("@part", f"{count:04}/0003"), ("big", "1")]:
            sys.exit(f"{headers!r} is not the head of part {count}")
        whole, count = whole + body, count + 1
    if whole != 2500 * "x" or count != 4:
        sys.exit(f"{len(whole)} bytes in {count - 1} parts")
    print("parts", flush=True)

    one.send("grüße 😀", ("é", "ü"))
    one.expect("grüße 😀", ("é", "ü"))
    one.send("100% sure", ("a", "1"))
    one.expect("100", ("a", "1"))  # the library sees no more of it
    one.send_text("plain text")
    one.expect("plain text")
    print("texts", flush=True)

    two = Client(host, port)
    two.send("there?")
    two.expect("there?")
    one.send("to all", ("cmd", "broadcast"))
    one.expect("to all", ("broadcast", "all"))
    two.expect("to all", ("broadcast", "all"))
    one.send("to you", ("cmd", "broadcast-others"))
    two.expect("to you", ("broadcast", "others"))
    print("broadcast", flush=True)

    slowly = encode([("a", "1")], "in two pieces")
    one.socket.send(slowly[:3])
    time.sleep(0.001)
    one.socket.send(slowly[3:])
    one.expect("in two pieces", ("a", "1"))
    one.send("", ("cmd", "kick"))
    if not select.select([one.socket], [], [], PATIENCE)[0] or one.socket.recv(1024):
        sys.exit("the connection is not closed")
    two.send("still here")
    two.expect("still here")
    print("done", flush=True)


main(*sys.argv[1:])
