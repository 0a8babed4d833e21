package simpleserver

import (
	"io"
	"slices"
	"strings"
	"testing"

	codec "github.com/skeinhq/skein/codec/simpleserver"
)

func TestParts(t *testing.T) {
	part := func(value, body string, headers ...string) *Message {
		m := NewMessage(body)
		m.Add("@part", value)
		for _, name := range headers {
			m.Add(name, "")
		}
		return m
	}
	plain := NewMessage("plain")
	for name, test := range map[string]struct {
		in   []*Message
		want []string
	}{
		"whole":          {[]*Message{part("0001/0002", "he", "a"), part("0002/0002", "llo", "a"), plain}, []string{"(a=) hello", "() plain"}},
		"one of one":     {[]*Message{part("0001/0001", "x")}, []string{"() x"}},
		"the first only": {[]*Message{part("0001/0002", "x")}, []string{"(@part=0001/0002) x"}},
		"interrupted":    {[]*Message{part("0001/0002", "x"), plain}, []string{"(@part=0001/0002) x", "() plain"}},
		"one left out": {[]*Message{part("0001/0003", "x"), part("0003/0003", "z")},
			[]string{"(@part=0001/0003) x", "(@part=0003/0003) z"}},
		"begun again": {[]*Message{part("0001/0002", "x"), part("0001/0002", "y"), part("0002/0002", "z")},
			[]string{"(@part=0001/0002) x", "() yz"}},
		"other headers": {[]*Message{part("0001/0002", "x", "a"), part("0002/0002", "y", "b")},
			[]string{"(@part=0001/0002,a=) x", "(@part=0002/0002,b=) y"}},
		"other count": {[]*Message{part("0001/0002", "x"), part("0002/0003", "y")},
			[]string{"(@part=0001/0002) x", "(@part=0002/0003) y"}},
		"too large": {[]*Message{part("0001/0002", "123456"), part("0002/0002", "78901")},
			[]string{"(@part=0001/0002) 123456", "(@part=0002/0002) 78901"}},
		"no numbers": {[]*Message{part("1/2", "x"), part("0001-0002", "y"), part("0000/0001", "z"), part("0002/0001", ""), part("+001/0001", "")},
			[]string{"(@part=1/2) x", "(@part=0001-0002) y", "(@part=0000/0001) z", "(@part=0002/0001) ", "(@part=+001/0001) "}},
	} {
		p := parts{limit: 10}
		var got []string
		deliver := func(m *Message) { got = append(got, show(m)) }
		for _, m := range test.in {
			p.add(m, deliver)
		}
		p.flush(deliver)
		if !slices.Equal(got, test.want) || p.pending != nil {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A server greets before it has read the client's hello.
func TestClientReadsParts(t *testing.T) {
	p, c := fake(t, ClientOptions{Idle: patience, IdleLarge: patience})
	large := NewMessage(strings.Repeat("é", 5000))
	large.Add("world", "1")
	sent, err := large.LegacyParts(codec.PercentKeep)
	if err != nil || len(sent) < 10 {
		t.Fatal(len(sent), err)
	}
	for _, text := range sent {
		p.say(t, string(text))
	}
	p.say(t, "$@part:0001/0002|%x")
	receive(t, p, codec.Hello)
	p.Close() // which ends the open part
	expect(t, c, "(world=1) "+strings.Repeat("é", 5000))
	expect(t, c, "(@part=0001/0002) x")
	expectEnd(t, c, io.EOF)
}

// With the real server it depends on the moment whether the greeting comes in parts; nobody sees that.
func TestClientIsGreeted(t *testing.T) {
	s := startServer(t, ServerOptions{Host: "127.0.0.1", TickRate: 2000})
	body := strings.Repeat("0123456789", 300)
	s.OnConnection(func(c *ConnectionClient) {
		m := NewMessage(body)
		m.Add("welcome", "")
		if err := c.Send(m); err != nil {
			t.Error(err)
		}
	})
	for range 20 {
		c := connect(t, s.Addr(), ClientOptions{})
		expect(t, c, "(welcome=) "+body)
		send(t, c, NewMessage("thanks"))
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
