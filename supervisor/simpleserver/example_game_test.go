package simpleserver_test

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/skeinhq/skein/supervisor/simpleserver"
)

// player is what the server knows of a client.
type player struct {
	name  string
	x, dx int
}

// game is a world with one dimension: who plays walks between 0 and 9, a step each tick. Listeners never run two at a
// time, so it needs no locks.
type game struct{ server *simpleserver.Server }

func (g *game) join(c *simpleserver.ConnectionClient) { c.Set(&player{}) }

func (g *game) hear(c *simpleserver.ConnectionClient, m *simpleserver.Message) {
	p := c.Get().(*player)
	if name, ok := m.Get("name"); ok {
		p.name = name
		g.server.Broadcast(news(p, "is here"))
	}
	switch string(m.Body) {
	case "left":
		p.dx = -1
	case "right":
		p.dx = 1
	}
}

func (g *game) leave(c *simpleserver.ConnectionClient) {
	g.server.Broadcast(news(c.Get().(*player), "has gone"), c)
}

// tick moves everybody, and tells of those who have moved.
func (g *game) tick() {
	for _, c := range g.server.Clients() {
		p := c.Get().(*player)
		if x := min(max(p.x+p.dx, 0), 9); x != p.x {
			p.x = x
			g.server.Broadcast(news(p, "moves"))
		}
	}
}

func news(p *player, what string) *simpleserver.Message {
	m := simpleserver.NewMessage(what)
	m.Add("name", p.name)
	m.Add("x", strconv.Itoa(p.x))
	return m
}

// A tiny game: the server moves the players at 60 ticks a second and tells everybody where they are.
func Example_game() {
	g := &game{simpleserver.NewServer(simpleserver.ServerOptions{TickRate: 60})}
	g.server.OnConnection(g.join)
	g.server.OnMessage(g.hear)
	g.server.OnDisconnect(g.leave)
	g.server.OnUpdate(g.tick)
	if err := g.server.StartAsync(); err != nil {
		fmt.Println(err)
		return
	}
	defer g.server.Wait()
	defer g.server.Stop()
	port := g.server.Addr().(*net.TCPAddr).Port

	bob := enter("Bob", port)
	defer bob.Close()
	watch(bob, "Bob is here at 0")
	ada := enter("Ada", port)
	watch(bob, "Ada is here at 0")
	ada.Send(simpleserver.NewMessage("right"))
	watch(bob, "Ada moves at 9")
	ada.Close()
	watch(bob, "Ada has gone at 9")

	// Output:
	// Bob is here at 0
	// Ada is here at 0
	// Ada moves at 9
	// Ada has gone at 9
}

func enter(name string, port int) *simpleserver.Client {
	c := simpleserver.NewClient(simpleserver.ClientOptions{})
	if ok, text := c.Connect("localhost", port); !ok {
		fmt.Println("Connection failed:", text)
	}
	hello := simpleserver.NewMessage("")
	hello.Add("name", name)
	c.Send(hello)
	return c
}

// watch reads what the server tells until it is what is waited for.
func watch(c *simpleserver.Client, until string) {
	for {
		m, err := c.ReadContext(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		name, _ := m.Get("name")
		x, _ := m.Get("x")
		if text := fmt.Sprintf("%s %s at %s", name, m.Body, x); text == until {
			fmt.Println(text)
			return
		}
	}
}
