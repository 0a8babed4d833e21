"""Two clients of Python's `websockets` talk through the server.

Usage: conversation.py URL. Exit status 0 means that everything came as it should.
"""

import asyncio
import json
import sys

import websockets

LIMIT = 20  # seconds; only a hanging server reaches it


class Client:
    def __init__(self, socket):
        self.socket = socket

    async def send(self, **message):
        await self.socket.send(json.dumps(message))

    async def expect(self, *patterns):
        """Receives one message per pattern; the keys of a pattern must be there with these values."""
        received = []
        for pattern in patterns:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), LIMIT))
            for key, value in pattern.items():
                assert message.get(key) == value, f"expected {pattern}, got {message}"
            received.append(message)
        return received


def ok(listener):
    return {"cmd": "statuscode", "code": "I:100 | OK", "code_id": 100, "listener": listener}


async def join(client, name):
    await client.send(cmd="handshake", val={"language": "Python", "version": "1"}, listener="hs")
    messages = await client.expect(
        {"cmd": "client_ip", "val": "127.0.0.1"}, {"cmd": "server_version"}, {"cmd": "client_obj"},
        {"cmd": "ulist", "mode": "set", "rooms": "default"}, ok("hs"))
    assert messages[1]["val"].startswith("0.2."), messages[1]
    await client.send(cmd="setid", val=name, listener="id")
    messages = await client.expect({"cmd": "ulist", "mode": "set", "rooms": "default"}, ok("id"))
    assert messages[1]["val"]["username"] == name, messages[1]
    return messages[1]["val"]


async def cl4(url):
    async with websockets.connect(url) as one, websockets.connect(url) as two:
        a, b = Client(one), Client(two)
        alice = await join(a, "Alice")
        bob = await join(b, "Bób")
        await a.expect({"cmd": "ulist", "mode": "add", "val": bob, "rooms": "default"})

        await a.send(cmd="link", val=["python"], listener="l")
        await a.expect({"cmd": "ulist", "mode": "set", "val": [alice], "rooms": "python"}, ok("l"))
        await b.expect({"cmd": "ulist", "mode": "remove", "val": alice, "rooms": "default"})
        await b.send(cmd="link", val="python", listener="l")
        await b.expect({"cmd": "ulist", "mode": "set", "rooms": "python"}, ok("l"))
        await a.expect({"cmd": "ulist", "mode": "add", "val": bob, "rooms": "python"})

        for value in ["hello", "ünï😀", 12345678901234567890, {"deep": [1, None]}, "x" * 200_000]:
            await a.send(cmd="gmsg", val=value, rooms="python", listener="g")
            await a.expect({"cmd": "gmsg", "val": value, "rooms": "python", "listener": "g"})
            await b.expect({"cmd": "gmsg", "val": value, "rooms": "python"})
        await b.send(cmd="pmsg", id="Alice", val="psst", listener="p")
        await a.expect({"cmd": "pmsg", "val": "psst", "origin": bob, "rooms": "python"})
        await b.expect(ok("p"))
        await one.close()
        await b.expect({"cmd": "ulist", "mode": "remove", "val": alice, "rooms": "python"})
    assert two.close_code == 1000, two.close_code


async def scratch(url):
    async with websockets.connect(url) as one, websockets.connect(url) as two:
        a, b = Client(one), Client(two)
        await a.send(method="handshake", user="alice", project_id="501")
        await a.send(method="set", user="alice", project_id="501", name="☁ score", value="1")
        # A ping is answered after what was sent before it, so Bob comes to a room that has the variable.
        await asyncio.wait_for(await one.ping(), LIMIT)
        await b.send(method="handshake", user="bob", project_id="501")
        await b.expect({"method": "set", "name": "☁ score", "value": "1"})
        await b.send(method="set", user="bob", project_id="501", name="☁ score", value="2")
        await a.expect({"method": "set", "name": "☁ score", "value": "2"})


async def refused(url):
    """A first message that is no protocol's ends as CloudLink ends it."""
    async with websockets.connect(url) as socket:
        await socket.send("nonsense")
        assert await asyncio.wait_for(socket.recv(), LIMIT) == "Invalid JSON"
        await asyncio.wait_for(socket.wait_closed(), LIMIT)
        assert (socket.close_code, socket.close_reason) == (1000, "Invalid JSON"), socket.close_code


async def main(url):
    await cl4(url)
    await scratch(url)
    await refused(url)


asyncio.run(main(sys.argv[1]))
