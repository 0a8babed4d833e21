package pystrands_test

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/skeinhq/skein/supervisor/pystrands"
)

// Chat rooms for those who have a token, in the URL or in a header. Whoever connects to /ws/kitchen talks to those in the
// kitchen.
func Example_chat() {
	users := map[string]string{"a-secret": "Alice", "another-secret": "Bob"} // by token

	broker := startBroker()
	c := pystrands.New(broker.options())

	c.OnConnectionRequest(func(r *pystrands.ConnectionRequest) {
		query, _ := url.ParseQuery(r.Query)
		bearer := strings.TrimPrefix(r.Headers.Get("Authorization"), "Bearer ")
		name, ok := users[cmp.Or(query.Get("token"), bearer)]
		r.Metadata, r.Accepted = map[string]string{"name": name}, ok
	})
	c.OnNewConnection(func(ctx *pystrands.Context) {
		ctx.ReplyToRoom(fmt.Sprint(ctx.Metadata()["name"], " is here"))
	})
	c.OnMessage(func(m pystrands.Message, ctx *pystrands.Context) {
		ctx.ReplyToRoom(fmt.Sprint(ctx.Metadata()["name"], ": ", m.Text))
	})
	c.OnDisconnect(func(ctx *pystrands.Context) {
		ctx.ReplyToRoom(fmt.Sprint(ctx.Metadata()["name"], " has left"))
	})

	broker.try(c, func() {
		broker.open("/ws/kitchen?token=a-guess")
		alice := broker.open("/ws/kitchen?token=a-secret")
		fmt.Println("Alice hears:", alice.hear())
		bob := broker.open("/ws/kitchen?token=another-secret")
		fmt.Println("Alice hears:", alice.hear())
		fmt.Println("Bob hears:", bob.hear())
		alice.say("Coffee?")
		fmt.Println("Bob hears:", bob.hear())
		fmt.Println("Alice hears:", alice.hear())
		bob.leave()
		fmt.Println("Alice hears:", alice.hear())
		alice.leave()
	})

	// Output:
	// 403 Forbidden
	// Alice hears: Alice is here
	// Alice hears: Bob is here
	// Bob hears: Bob is here
	// Bob hears: Alice: Coffee?
	// Alice hears: Alice: Coffee?
	// Alice hears: Bob has left
}
