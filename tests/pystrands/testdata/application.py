"""The decorator application of the PyStrands library, which is built on its asyncio client.

Usage: application.py PORT
"""

import sys

from pystrands import PyStrands

app = PyStrands(port=int(sys.argv[1]))


@app.on_connection_request
def decide(request):
    if request.url == "/ws/nobody":
        return False
    request.context.room_id = "ein Raum"
    request.context.metadata = {"name": request.headers["X-Name"][0]}
    return None  # counts as True


@app.on_new_connection
async def welcome(context):
    await app.send_private_message(context.client_id, "Willkommen, " + context.metadata["name"])


@app.on_message
async def pass_on(message, context):
    await app.send_room_message(context.room_id, message)


@app.on_disconnect
async def farewell(context):
    await app.broadcast(context.metadata["name"] + " has left")


app.run()
