"""The client of the PyStrands documentation, with the names that version 1.0 of the library has.

Usage: documented.py PORT
"""

import sys

from pystrands import PyStrandsClient


class MyClient(PyStrandsClient):
    def on_connection_request(self, request):
        print(f"Connection request from {request.context.client_id} in room {request.context.room_id}")
        request.context.room_id = "new_room"
        request.context.client_id = "new_client_id"
        request.context.metadata = {"name": "John Doe"}
        request.accepted = True

    def on_new_connection(self, context):
        print(f"Connected to {context.client_id} in room {context.room_id}")
        self.send_private_message(context.client_id, f"Welcome to the room! {context.metadata.get('name')}")

    def on_message(self, message, context):
        print(f"Received message: {message} from {context.client_id} in room {context.room_id}")

    def on_disconnect(self, context):
        print(f"Disconnected from {context.client_id} in room {context.room_id}")

    def on_error(self, error, context):
        print(f"Error: {error}")


client = MyClient(host="localhost", port=int(sys.argv[1]))
client.connect()

client.broadcast_message("Hello everyone!")
client.send_room_message("room1", "Hello room!")
client.send_private_message("client123", "Private message!")

client.run_forever()
