package pystrands_test

import (
	"fmt"

	"github.com/skeinhq/skein/supervisor/pystrands"
)

// The quick start of PyStrands: a backend that lets everybody in under a name of its own choice, welcomes them, and
// sends back what they say.
func Example() {
	broker := startBroker()
	c := pystrands.New(broker.options()) // pystrands.Options{} is for a broker at localhost:8081

	c.OnConnectionRequest(func(r *pystrands.ConnectionRequest) {
		r.ClientID = "new_client_id"                       // it would be a UUID
		r.RoomID = "new_room"                              // it would be the path, /ws/lobby
		r.Metadata = map[string]string{"name": "John Doe"} // to be known of the client later
		r.Accepted = true                                  // as it is already
	})
	c.OnNewConnection(func(ctx *pystrands.Context) {
		ctx.Reply(fmt.Sprintf("Welcome to the room, %s!", ctx.Metadata()["name"]))
	})
	c.OnMessage(func(m pystrands.Message, ctx *pystrands.Context) {
		fmt.Println("received", m.Text, "from", ctx.ClientID, "in", ctx.RoomID)
		ctx.Reply(m.Text)
	})
	c.OnDisconnect(func(ctx *pystrands.Context) {
		fmt.Println("goodbye,", ctx.ClientID)
	})

	// A program would call c.Run(ctx) here.
	broker.try(c, func() {
		john := broker.open("/ws/lobby")
		fmt.Println(john.hear())
		john.say("Hello!")
		fmt.Println(john.hear())
		john.leave()
	})

	// Output:
	// Welcome to the room, John Doe!
	// received Hello! from new_client_id in new_room
	// Hello!
	// goodbye, new_client_id
}
