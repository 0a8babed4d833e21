package actors

import (
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/codec/simpleserver"
	"github.com/skeinhq/skein/protocol/pystrands"
)

// relayURL is the path that backends see of clients of SimpleServer.
const relayURL = "/simpleserver"

// simpleOutbox is a client of SimpleServer as the rest of the server sees it: the text of each frame becomes the body
// of a message, and close codes do not exist.
type simpleOutbox struct{ client *SimpleClient }

// Send implements Outbox.
func (o simpleOutbox) Send(f *codec.Frame) bool {
	return o.client.Send(&simpleserver.Message{Body: f.Payload()}) == nil
}

// TrySend implements Outbox.
func (o simpleOutbox) TrySend(f *codec.Frame) bool { return o.Send(f) }

// Pending implements Outbox.
func (o simpleOutbox) Pending() int { return o.client.pending() }

// Close implements Outbox.
func (o simpleOutbox) Close(uint16, string) { o.client.Close() }

// Hold implements Throttle.
func (o simpleOutbox) Hold(on bool) {
	if t, ok := o.client.out.(Throttle); ok {
		t.Hold(on)
	}
}

// prepareRelay makes the session one that asks the broker to be let in. What comes meanwhile is put aside.
func (s *session) prepareRelay() {
	s.simple.held = true
	s.strand = &strandSession{
		request: &pystrands.Request{
			ID: s.ref.ID.UUID(), URL: relayURL, Host: s.peer.Listener, RemoteAddr: s.simple.client.address,
		},
		decide: s.onRelayVerdict,
	}
}

// onRelayVerdict carries out what the broker has decided. It runs on the session's actor. Who is refused is told in a
// message why.
func (s *session) onRelayVerdict(v Verdict) {
	if v.Status == 0 {
		s.onOpened()
		s.onSimpleGo()
		return
	}
	no := &simpleserver.Message{Body: []byte(v.Reason)}
	no.Add("error", v.Cause)
	if err := s.simple.client.Send(no); err == nil {
		s.simple.client.Close()
	}
}

// relay tells the broker of messages. The buffer that they came in is released when the broker has dealt with them, so
// that a client cannot send more than the broker can handle.
func (s *session) relay(found []*simpleserver.Message, read *codec.Message) {
	if s.strand.standing != speaking {
		s.sys.Simple.Lost.Add(uint64(len(found)))
		found = nil
	}
	for i, m := range found {
		s.sys.Simple.Messages.Add(1)
		s.sys.Broker.MessagesIn.Add(1)
		s.sys.Broker.BytesIn.Add(uint64(len(m.Body)))
		f := s.strand.context.AnnotatedMessage(m.Body, func(yield func(name, value string) bool) {
			for _, h := range m.Headers {
				if !yield(h.Name, h.Value) {
					return
				}
			}
		})
		if i < len(found)-1 {
			s.tellBroker(f, nil)
			continue
		}
		s.tellBroker(f, read)
		read = nil
	}
	if read != nil {
		read.Release()
	}
}
