"""Uses the unmodified Python library as its documentation says, and as far as it can."""

import sys
import time

from simpleserver import SimpleClient
from simpleserver.networking import NetworkMessage

PATIENCE = 20


def message(body, *headers):
    m = NetworkMessage()
    for name, value in headers:
        m.add_header(name, value)
    m.set_body(body)
    return m


def send(client, what):
    success, text = client.send(what)
    if not success:
        sys.exit(f"send: {text}")


def expect(client, body, *headers):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = client.read()
        if found:
            # The library wraps the headers of what it has received twice.
            got = [(h.name.name, h.name.value) for h in found.headers]
            if (got, found.body) != (list(headers), body):
                sys.exit(f"{got!r} {found.body!r} instead of {list(headers)!r} {body!r}")
            return
        time.sleep(0.001)
    sys.exit(f"{body!r} does not come")


def main(port):
    client, other = SimpleClient(), SimpleClient()
    for c in (client, other):
        success, text = c.connect("localhost", int(port))
        if not success:
            sys.exit(f"connect: {text}")
    send(client, message("Hello server!", ("handshake", "")))
    expect(client, "Hello from the server!", ("handshake", "example"))
    for i in range(15):
        send(client, message(f"text {i}", ("i", str(i))))
    for i in range(15):
        expect(client, f"text {i}", ("i", str(i)))
    send(client, "plain text")
    expect(client, "plain text")
    send(client, message("x" * 2500, ("a", "1")))
    for i, size in enumerate((1002, 1002, 496)):
        expect(client, "x" * size, ("@part", f"{i + 1:04}/0003"), ("a", "1"))
    send(client, message("hi", ("cmd", "broadcast")))
    expect(client, "hi", ("broadcast", "all"))
    expect(other, "hi", ("broadcast", "all"))
    print("done")


main(sys.argv[1])
