package pystrands

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

// A witness is an end client beside those of a test, with the backend that owns it. What happens before its message
// has come round has happened.
type witness struct {
	backend *backend
	client  *client
	n       int
}

// witness connects an end client to a broker with a single backend.
func (b *broker) witness(t testing.TB, by *backend) *witness {
	t.Helper()
	return &witness{backend: by, client: b.join(t, by, "witness", "witness's room")}
}

// settle sends a message from the backend to the end client and back. It returns what else the two received before.
func (w *witness) settle(t testing.TB) (lines []line, texts []string) {
	t.Helper()
	w.n++
	mark := fmt.Sprintf("witness's message %d", w.n)
	must(t, w.backend.private("witness", mark))
	for {
		text, err := w.client.nextText(patience)
		must(t, err)
		if text == mark {
			break
		}
		texts = append(texts, text)
	}
	must(t, w.client.send(mark))
	for {
		l, ok := w.backend.lines.next(patience)
		if !ok || l.err != nil {
			t.Fatalf("the witness's message does not arrive: %v", l)
		}
		if l.clientID() == "witness" && l.message() == mark {
			return lines, texts
		}
		lines = append(lines, l)
	}
}

// nothing fails the test when the backend has received anything.
func (w *witness) nothing(t testing.TB) {
	t.Helper()
	if lines, _ := w.settle(t); len(lines) > 0 {
		t.Fatalf("the backend received %v", lines)
	}
}

func TestPaths(t *testing.T) {
	type vector struct {
		Target, URL, Upstream string
		Status                int
	}
	broker := startBroker(t)
	b := broker.attach(t)
	w := broker.witness(t, b)
	for _, v := range unitVectors[vector](t, "paths.json") {
		t.Run(v.Target, func(t *testing.T) {
			mayDiffer(t, v.Upstream)
			c := broker.client(t, v.Target)
			if v.URL == "" {
				c.expectStatus(t, v.Status)
				w.nothing(t)
				return
			}
			request := b.expect(t, "connection_request")
			if got := request.params()["url"]; got != v.URL {
				t.Errorf("the backend is told %q, not %q", got, v.URL)
			}
			must(t, b.accept(request.requestID(), "c", "r", object{}))
			c.expectStatus(t, v.Status)
			b.expect(t, "new_connection")
			c.leave()
			b.expect(t, "disconnected")
		})
	}
}

func TestHeaders(t *testing.T) {
	type vector struct {
		Raw      [][2]string
		Headers  object
		Upstream string
	}
	broker := startBroker(t)
	b := broker.attach(t)
	for i, v := range unitVectors[vector](t, "headers.json") {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			mayDiffer(t, v.Upstream)
			c := broker.client(t, "/ws/a", v.Raw...)
			request := b.expect(t, "connection_request")
			headers, _ := request.params()["headers"].(object)
			for name, want := range v.Headers {
				if err := equal(name, want, headers[name]); err != nil {
					t.Error(err)
				}
			}
			if _, there := headers["Host"]; there {
				t.Error("there is a Host")
			}
			if got := request.params()["remote_addr"]; got != c.conn.LocalAddr().String() {
				t.Errorf("remote_addr is %v, not %v", got, c.conn.LocalAddr())
			}
			must(t, b.send("response", request.requestID(), object{"accepted": false}))
			if !upstreamSide() {
				c.expectStatus(t, http.StatusForbidden)
			}
		})
	}
}

// contextOf matches the client of an event; "<uuid>" is any.
func contextOf(l line, clientID, roomID string, metadata any) error {
	m := matcher{metadata: ".metadata", loose: upstreamSide()}
	return m.match(object{"client_id": clientID, "room_id": roomID, "metadata": metadata}, l.params()["context"])
}

func TestResponses(t *testing.T) {
	type vector struct {
		URL, Line, Upstream string
		Expect              struct {
			Decision string
			ClientID string `json:"client_id"`
			RoomID   string `json:"room_id"`
			Metadata any
		}
	}
	broker := startBroker(t)
	b := broker.attach(t)
	w := broker.witness(t, b)
	for i, v := range unitVectors[vector](t, "responses.json") {
		t.Run(fmt.Sprintf("%d %s", i, v.Expect.Decision), func(t *testing.T) {
			mayDiffer(t, v.Upstream)
			c := broker.client(t, v.URL)
			id := b.expect(t, "connection_request").requestID()
			must(t, b.sendText(strings.ReplaceAll(v.Line, "RID", id)+"\n"))
			clientID, roomID, metadata := v.Expect.ClientID, v.Expect.RoomID, v.Expect.Metadata
			switch v.Expect.Decision {
			case "reject":
				if upstreamSide() {
					return // it opens and cuts
				}
				c.expectStatus(t, http.StatusForbidden)
				w.nothing(t)
				return
			case "bad":
				c.expectStatus(t, http.StatusBadGateway)
				l := b.expect(t, "error")
				if text, _ := l.params()["error"].(string); !strings.HasPrefix(text, "bad response") {
					t.Errorf("the error event says %q", text)
				}
				if err := (matcher{}).match(object{"url": v.URL, "headers": "<object>", "remote_addr": "<string>"},
					l.params()["context"]); err != nil {
					t.Error(err)
				}
				w.nothing(t)
				return
			case "ignored":
				w.nothing(t)
			case "malformed":
				b.expect(t, "error")
			}
			if v.Expect.Decision != "accept" { // the request is still open
				clientID, roomID, metadata = "later", "later's room", object{}
				must(t, b.accept(id, clientID, roomID, metadata))
			}
			c.expectStatus(t, http.StatusSwitchingProtocols)
			l := b.expect(t, "new_connection")
			if err := contextOf(l, clientID, roomID, metadata); err != nil {
				t.Error(err)
			}
			must(t, b.private(l.clientID(), "private"))
			c.expect(t, "private")
			roomID = roomOf(l)
			must(t, b.room(roomID, "room"))
			c.expect(t, "room")
			c.leave()
			if err := contextOf(b.expect(t, "disconnected"), l.clientID(), roomID, metadata); err != nil {
				t.Error(err)
			}
		})
	}
}

func roomOf(l line) string {
	c, _ := l.params()["context"].(object)
	s, _ := c["room_id"].(string)
	return s
}

// TestActions gives eight vectors at a time a broker of their own: error events are limited to ten per second.
func TestActions(t *testing.T) {
	type vector struct {
		Line     string
		LineHex  string `json:"line_hex"`
		Upstream string
		Expect   struct {
			Kind, Message string
			MessageJSON   any    `json:"message_json"`
			RoomID        string `json:"room_id"`
			ConnID        string `json:"conn_id"`
		}
	}
	const together = 8
	all := unitVectors[vector](t, "actions.json")
	for first := 0; first < len(all); first += together {
		list := all[first:min(first+together, len(all))]
		t.Run(fmt.Sprintf("from %d", first), func(t *testing.T) {
			t.Parallel()
			broker := startBroker(t)
			b := broker.attach(t)
			w := broker.witness(t, b)
			clients := map[[2]string]*client{} // by id and room
			for _, ids := range [][2]string{{"c", "r"}, {"42", "7"}, {"other", ""}} {
				clients[ids] = broker.join(t, b, ids[0], ids[1])
			}
			for i, v := range list {
				t.Run(fmt.Sprintf("%d %s", first+i, v.Expect.Kind), func(t *testing.T) {
					mayDiffer(t, v.Upstream)
					text := v.Line
					if v.LineHex != "" {
						raw, err := hex.DecodeString(v.LineHex)
						must(t, err)
						text = string(raw)
					}
					must(t, b.sendText(text+"\n"))
					must(t, b.broadcast("end"))
					right := func(got string) bool {
						if v.Expect.MessageJSON != nil {
							return isJSON(got, v.Expect.MessageJSON)
						}
						return got == v.Expect.Message
					}
					reached := 0
					for ids, c := range clients {
						got, err := c.nextText(patience)
						must(t, err)
						e := v.Expect
						if e.Kind == "broadcast" || e.Kind == "private" && e.ConnID == ids[0] || e.Kind == "room" && e.RoomID == ids[1] {
							reached++
							if !right(got) {
								t.Errorf("%v got %q, expected %q", ids, got, v.Expect.Message)
							}
							if got == "end" {
								continue
							}
							got, err = c.nextText(patience)
							must(t, err)
						}
						if got != "end" {
							t.Errorf("%v got %q", ids, got)
						}
					}
					if reached == 0 && v.Expect.Kind != "error" && v.Expect.Kind != "ignored" {
						t.Fatal("the vector reaches none of the clients that there are")
					}
					lines, _ := w.settle(t)
					switch {
					case v.Expect.Kind == "error" && len(lines) == 1 && lines[0].action() == "error":
						if err := (matcher{}).match(object{"error": "<string>", "context": object{}}, lines[0].params()); err != nil {
							t.Error(err)
						}
					case v.Expect.Kind == "error" || len(lines) > 0:
						t.Errorf("the backend received %v", lines)
					}
				})
			}
		})
	}
}

func TestEvents(t *testing.T) {
	type vector struct {
		Event struct {
			Event, Opcode, Payload, URL, Error string
			PayloadHex                         string `json:"payload_hex"`
			RemoteAddr                         string `json:"remote_addr"`
			Headers                            map[string][]string
			Context                            struct {
				Headers    map[string][]string
				URL        string
				RemoteAddr string `json:"remote_addr"`
			}
			Client struct {
				ClientID     string `json:"client_id"`
				RoomID       string `json:"room_id"`
				MetadataText string `json:"metadata_text"`
			}
		}
		Action       string
		Params       object
		LineContains string `json:"line_contains"`
		Upstream     string
	}
	broker := startBroker(t)
	b := broker.attach(t)
	for i, v := range unitVectors[vector](t, "events.json") {
		t.Run(fmt.Sprintf("%d %s", i, v.Event.Event), func(t *testing.T) {
			if !strings.HasPrefix(v.Upstream, "metadata is the whole response params; ") || len(v.Upstream) > 42 {
				mayDiffer(t, v.Upstream)
			}
			check := func(l line) {
				t.Helper()
				m := matcher{metadata: ".context.metadata", loose: upstreamSide()}
				if err := m.match(v.Params, l.params()); err != nil {
					t.Errorf("%v\nthe line: %v", err, l)
				}
				if l.action() != v.Action || l.requestID() == "" {
					t.Errorf("action or request_id are wrong: %v", l)
				}
				if !l.isASCII() || !strings.Contains(l.text, v.LineContains) {
					t.Errorf("the line is not ASCII or does not contain %q: %v", v.LineContains, l)
				}
			}
			headers := func(from map[string][]string) (list [][2]string) {
				for name, values := range from {
					for _, value := range values {
						list = append(list, [2]string{name, value})
					}
				}
				return list
			}
			switch v.Event.Event {
			case "connection_request":
				c := broker.client(t, v.Event.URL, headers(v.Event.Headers)...)
				delete(v.Params, "remote_addr") // the test cannot choose it; TestHeaders looks at it
				l := b.expect(t, v.Action)
				check(l)
				must(t, b.send("response", l.requestID(), object{"accepted": false}))
				_, err := c.status(patience)
				must(t, err)
			case "error":
				alone := startBroker(t)
				c := alone.client(t, v.Event.Context.URL, headers(v.Event.Context.Headers)...)
				if status, err := c.status(patience); err != nil || status != http.StatusServiceUnavailable && !upstreamSide() {
					t.Errorf("HTTP status %d (%v)", status, err)
				}
				if context, ok := v.Params["context"].(object); ok {
					context["remote_addr"] = c.conn.LocalAddr().String()
				}
				check(alone.backend(t).expect(t, v.Action))
			case "heartbeat":
				if upstreamSide() {
					t.Skip("its heartbeat comes every 15 s and cannot be set")
				}
				l, ok := startBroker(t, "--heartbeat-interval", "1s").backend(t).heartbeats.next(patience)
				if !ok || l.requestID() != "heartbeat" {
					t.Fatalf("no heartbeat, or one with another request id: %v", l)
				}
				if params, ok := l.value["params"].(object); !ok || len(params) > 0 {
					t.Errorf("params are not {}: %v", l)
				}
				check(l)
			default:
				e := v.Event
				c := broker.client(t, "/ws/a")
				id := b.expect(t, "connection_request").requestID()
				must(t, b.sendText(fmt.Sprintf(
					`{"action":"response","request_id":%q,"params":{"client_id":%s,"room_id":%s,"metadata":%s}}`+"\n",
					id, quote(t, e.Client.ClientID), quote(t, e.Client.RoomID), e.Client.MetadataText)))
				c.expectStatus(t, http.StatusSwitchingProtocols)
				l := b.expect(t, "new_connection")
				if e.Event == "new_message" {
					payload, err := hex.DecodeString(e.PayloadHex)
					must(t, err)
					opcode := map[string]byte{"text": opText, "binary": opBinary}[e.Opcode]
					must(t, c.sendFrame(opcode, append(payload, e.Payload...)))
					l = b.expect(t, "new_message")
				}
				c.leave()
				if end := b.expect(t, "disconnected"); e.Event == "disconnected" {
					l = end
				}
				check(l)
			}
		})
	}
}

func quote(t testing.TB, s string) string {
	t.Helper()
	text, err := json.Marshal(s)
	must(t, err)
	return string(text)
}

// TestRefusalsToStart has the configurations that must not start.
func TestRefusalsToStart(t *testing.T) {
	type vector struct {
		Args     []string
		Env      map[string]string
		Expect   any
		Error    bool
		Upstream string
	}
	for _, v := range unitVectors[vector](t, "config.json") {
		if !v.Error {
			continue
		}
		t.Run(fmt.Sprint(v.Args, v.Env), func(t *testing.T) {
			mayDiffer(t, v.Upstream)
			expectRefusal(t, v.Args, v.Env)
		})
	}
	t.Run("equal ports", func(t *testing.T) {
		requireSkein(t)
		port := fmt.Sprint(harness.FreePort(t))
		expectRefusal(t, []string{"--ws-port", port, "--tcp-port", port}, nil)
	})
	t.Run("port taken", func(t *testing.T) {
		requireSkein(t)
		taken := startBroker(t)
		port := taken.tcp[strings.LastIndex(taken.tcp, ":")+1:]
		taken.backend(t) // which waits until the port is open
		expectRefusal(t, []string{"--ws-port", fmt.Sprint(harness.FreePort(t)), "--tcp-port", port}, nil)
	})
}

func expectRefusal(t *testing.T, args []string, env map[string]string) {
	t.Helper()
	config := brokerConfig(args)
	for name, value := range env {
		config.Env = append(config.Env, name+"="+value)
	}
	server := harness.Launch(t, config)
	if server.Wait(patience) == 0 {
		t.Error("the exit status is 0")
	}
	if server.Stderr() == "" {
		t.Error("nothing on standard error")
	}
}

// TestEnvironmentWins: a variable is stronger than a flag, an empty one is none.
func TestEnvironmentWins(t *testing.T) {
	wrong, ws, tcp := harness.FreePort(t), harness.FreePort(t), harness.FreePort(t)
	config := brokerConfig([]string{"-ws-port", fmt.Sprint(wrong), "--tcp-port=1", fmt.Sprintf("--tcp-port=%d", tcp)})
	config.Env = append(config.Env, fmt.Sprintf("PYSTRAND_WS_PORT=%d", ws), "PYSTRAND_TCP_PORT=")
	checkPorts(t, harness.Launch(t, config), ws, tcp)
}

// TestOtherName: under the name by which the Python library starts it, the program is the broker at top level.
func TestOtherName(t *testing.T) {
	if otherBroker() != "" {
		t.Skip("SKEIN_PYSTRANDS_BIN is set")
	}
	link := t.TempDir() + "/pystrands-server"
	must(t, os.Symlink(brokerBinary(t), link))
	ws, tcp := harness.FreePort(t), harness.FreePort(t)
	args := []string{"--ws-port", fmt.Sprint(ws), "--tcp-port", fmt.Sprint(tcp), "--queue-size", "5"}
	checkPorts(t, harness.Launch(t, harness.Config{Binary: link, Args: args}), ws, tcp)
}

// checkPorts connects a client to a broker that has been started with these ports.
func checkPorts(t *testing.T, server *harness.Server, ws, tcp int) {
	t.Helper()
	if otherBroker() != "" {
		t.Cleanup(server.Kill)
	}
	b := &broker{server: server, ws: fmt.Sprintf("127.0.0.1:%d", ws), tcp: fmt.Sprintf("127.0.0.1:%d", tcp)}
	b.join(t, b.attach(t), "c", "r")
}
