package actors

import (
	"fmt"
	"testing"

	"github.com/skeinhq/skein/codec"
)

// countingOutbox takes everything and keeps nothing. Its signal, where there is one, gets a token for every frame.
type countingOutbox struct{ signal chan struct{} }

func (o *countingOutbox) Send(*codec.Frame) bool {
	if o.signal != nil {
		o.signal <- struct{}{}
	}
	return true
}
func (o *countingOutbox) TrySend(f *codec.Frame) bool { return o.Send(f) }
func (o *countingOutbox) Pending() int                { return 0 }
func (o *countingOutbox) Close(uint16, string)        {}

// benchRoom connects members to the default room. The first one signals what it is sent.
func benchRoom(b *testing.B, members int) (*Session, chan struct{}) {
	s := testSystem(b, Options{})
	signal := make(chan struct{}, 1<<16)
	ping := []byte(`{"cmd":"ping"}`)
	first := s.Connect(Peer{Out: &countingOutbox{signal}})
	first.Message(codec.NewMessage(ping, false))
	<-signal
	for range members - 1 {
		s.Connect(Peer{Out: &countingOutbox{}}).Message(codec.NewMessage(ping, false))
	}
	eventually(b, "all are in the room", func() bool { return len(s.Rooms(CL4).All("default")) == members })
	return first, signal
}

// benchCommand sends one message at a time and waits for what it makes the sender see.
func benchCommand(b *testing.B, members int, text string) {
	first, signal := benchRoom(b, members)
	payload := []byte(text)
	b.ReportAllocs()
	for b.Loop() {
		first.Message(codec.NewMessage(payload, false))
		<-signal
	}
}

const benchVal = `{"x":12.5,"y":-3,"name":"a player","items":[1,2,3]}`

func BenchmarkPing(b *testing.B) { benchCommand(b, 1, `{"cmd":"ping"}`) }

func BenchmarkPingListener(b *testing.B) { benchCommand(b, 1, `{"cmd":"ping","listener":"l"}`) }

// BenchmarkGmsg is decode, route and fan-out of a message: allocations are per message, whatever the room's size.
func BenchmarkGmsg(b *testing.B) {
	for _, members := range []int{1, 1000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) { benchCommand(b, members, `{"cmd":"gmsg","val":`+benchVal+`}`) })
	}
}

func BenchmarkGvar(b *testing.B) {
	benchCommand(b, 1000, `{"cmd":"gvar","name":"score","val":12}`)
}

func BenchmarkDirectMissing(b *testing.B) {
	benchCommand(b, 1, `{"cmd":"direct","id":"nobody","val":1}`)
}

// BenchmarkSession is the life of a connection: spawn, first message, end.
func BenchmarkSession(b *testing.B) {
	s := testSystem(b, Options{})
	signal := make(chan struct{}, 16)
	ping := []byte(`{"cmd":"ping"}`)
	b.ReportAllocs()
	for b.Loop() {
		c := s.Connect(Peer{Out: &countingOutbox{signal}})
		c.Message(codec.NewMessage(ping, false))
		<-signal
		c.Closed(End{Code: 1000})
	}
}
