package pystrands

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// An exchange is a recorded conversation; vectors/pystrands/README.md is its format.
type exchange struct {
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	About    string   `json:"about"`
	Upstream string   `json:"upstream"`
	Flags    []string `json:"flags"`
	Steps    []step   `json:"steps"`
}

// A step holds the keys of all kinds of steps; nil and empty mean that a key is not there.
type step struct {
	Wait       int      `json:"wait"`
	Backend    string   `json:"backend"`
	AnyBackend []string `json:"any_backend"`
	Client     string   `json:"client"`
	Do         string   `json:"do"`

	Send     json.RawMessage `json:"send"`
	SendLine *string         `json:"send_line"`
	SendText *string         `json:"send_text"`
	SendHex  *string         `json:"send_hex"`
	Opcode   string          `json:"opcode"`

	Expect        json.RawMessage   `json:"expect"`
	ExpectAll     []json.RawMessage `json:"expect_all"`
	ExpectJSON    json.RawMessage   `json:"expect_json"`
	ExpectNothing int               `json:"expect_nothing"`
	ExpectEOF     bool              `json:"expect_eof"`
	ExpectOpen    bool              `json:"expect_open"`
	ExpectStatus  json.RawMessage   `json:"expect_status"`
	ExpectClose   int               `json:"expect_close"`
	DrainPairs    *string           `json:"drain_pairs"`

	Save         map[string]string `json:"save"`
	Names        []string          `json:"names"`
	ASCII        bool              `json:"ascii"`
	LineContains string            `json:"line_contains"`

	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Text    string            `json:"text"`
	Within  int               `json:"within_ms"`
}

const (
	afterConnect = 120 * time.Millisecond // what the format gives a backend to be attached
	// usualLimit is longer than the format's 2 s: a busy machine with a race detector is no fault of the broker.
	usualLimit = 8 * time.Second
	drainPause = 300 * time.Millisecond // nothing for so long: everything has been drained
)

// TestExchanges plays every exchange on a broker of its own.
func TestExchanges(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectorFolder(), "exchange_*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no exchanges in %s (%v)", vectorFolder(), err)
	}
	if otherBroker() == "" {
		brokerBinary(t)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "exchange_"), ".json"), func(t *testing.T) {
			t.Parallel()
			var e exchange
			readStrictly(t, path, &e)
			if e.Kind != "pystrands" || len(e.Steps) == 0 {
				t.Fatalf("%s is no exchange", path)
			}
			mayDiffer(t, e.Upstream)
			p := &player{t: t, broker: startBroker(t, e.Flags...), backends: map[string]*backend{},
				clients: map[string]*client{}, matcher: matcher{
					saved: map[string]string{}, metadata: metadataOfLine, loose: upstreamSide(),
				}}
			for i, s := range e.Steps {
				if err := p.play(s); err != nil {
					t.Fatalf("%s\nstep %d of %d, %s: %v\nthe broker's log:\n%s",
						e.About, i+1, len(e.Steps), s, err, p.broker.server.Stderr())
				}
			}
		})
	}
}

// String writes a step as it stands in the file, more or less.
func (s step) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	all := object{}
	if err := json.Unmarshal(text, &all); err != nil {
		return err.Error()
	}
	for key, v := range all {
		if v == nil || v == "" || v == false || v == 0.0 {
			delete(all, key)
		}
	}
	return compact(all)
}

func (s step) limit() time.Duration {
	return max(time.Duration(s.Within)*time.Millisecond, usualLimit)
}

// A player plays the steps of one exchange.
type player struct {
	t        testing.TB
	broker   *broker
	backends map[string]*backend
	clients  map[string]*client
	matcher  matcher
}

var errStep = errors.New("the step is of no known kind")

func (p *player) play(s step) error {
	switch {
	case s.Backend != "":
		return p.playBackend(s)
	case s.AnyBackend != nil:
		return p.playAny(s)
	case s.Client != "":
		return p.playClient(s)
	case s.Wait > 0:
		time.Sleep(time.Duration(s.Wait) * time.Millisecond)
		return nil
	}
	return errStep
}

func (p *player) playBackend(s step) error {
	switch s.Do {
	case "connect":
		p.backends[s.Backend] = p.broker.backend(p.t)
		time.Sleep(afterConnect)
		return nil
	case "probe":
		p.broker.backend(p.t).close()
		return nil
	}
	b := p.backends[s.Backend]
	switch {
	case b == nil:
		return fmt.Errorf("there is no backend %s", s.Backend)
	case s.Do == "close":
		b.close()
		return nil
	case s.Do != "":
		return errStep
	case s.Send != nil:
		var text bytes.Buffer
		if err := json.Compact(&text, s.Send); err != nil { // the file is indented
			return err
		}
		return b.sendText(p.fill(text.String()) + "\n")
	case s.SendLine != nil:
		return b.sendText(p.fill(*s.SendLine) + "\n")
	case s.SendText != nil:
		return b.sendText(p.fill(*s.SendText))
	case s.Expect != nil:
		l, ok := b.lines.next(s.limit())
		if !ok {
			return errNothing
		}
		return p.matchLine(s, s.Expect, l)
	case s.ExpectAll != nil:
		return p.matchAll(s, b)
	case s.ExpectNothing > 0:
		if l, ok := b.lines.next(time.Duration(s.ExpectNothing) * time.Millisecond); ok {
			return fmt.Errorf("received %v", l)
		}
		return nil
	case s.ExpectEOF:
		if l, ok := b.lines.next(s.limit()); !ok || l.err == nil {
			return fmt.Errorf("received %v", l)
		}
		return nil
	case s.DrainPairs != nil:
		return drainPairs(b, *s.DrainPairs)
	}
	return errStep
}

// fill replaces saved names inside a text.
func (p *player) fill(text string) string {
	for name, value := range p.matcher.saved {
		text = strings.ReplaceAll(text, "$"+name, value)
	}
	return text
}

// playAny waits until one of two backends gets a line and names the two after that.
func (p *player) playAny(s step) error {
	if len(s.AnyBackend) != 2 || len(s.Names) != 2 || s.Expect == nil {
		return errStep
	}
	pair := [2]*backend{p.backends[s.AnyBackend[0]], p.backends[s.AnyBackend[1]]}
	if pair[0] == nil || pair[1] == nil {
		return fmt.Errorf("%v are not connected", s.AnyBackend)
	}
	l, which := nextOfTwo(s.limit(), pair[0].lines, pair[1].lines)
	if which < 0 {
		return errNothing
	}
	p.backends[s.Names[0]], p.backends[s.Names[1]] = pair[which], pair[1-which]
	return p.matchLine(s, s.Expect, l)
}

func (p *player) matchLine(s step, expect json.RawMessage, l line) error {
	if l.err != nil {
		return fmt.Errorf("received %v", l)
	}
	pattern, err := readJSON(expect)
	if err != nil {
		return err
	}
	if err := p.matcher.match(pattern, l.value); err != nil {
		return fmt.Errorf("%w\nreceived %v", err, l)
	}
	if s.ASCII && !l.isASCII() {
		return fmt.Errorf("the line is not ASCII\nreceived %v", l)
	}
	if !strings.Contains(l.text, s.LineContains) {
		return fmt.Errorf("the line does not contain %q\nreceived %v", s.LineContains, l)
	}
	for name, key := range s.Save {
		value, ok := l.value[key].(string)
		if !ok {
			return fmt.Errorf("there is no string %q to save\nreceived %v", key, l)
		}
		p.matcher.saved[name] = value
	}
	return nil
}

// matchAll takes as many lines as there are patterns and matches them in any order.
func (p *player) matchAll(s step, b *backend) error {
	open := slices.Clone(s.ExpectAll)
	var received []string
	for range s.ExpectAll {
		l, ok := b.lines.next(s.limit())
		if !ok {
			return fmt.Errorf("%w for %s after\n%s", errNothing, open, strings.Join(received, "\n"))
		}
		received = append(received, l.String())
		i := slices.IndexFunc(open, func(e json.RawMessage) bool { return p.matchLine(s, e, l) == nil })
		if i < 0 {
			return fmt.Errorf("the last of these fits none of %s:\n%s", open, strings.Join(received, "\n"))
		}
		open = slices.Delete(open, i, i+1)
	}
	return nil
}

// drainPairs takes what is waiting: nothing, or new_connection and disconnected of this client.
func drainPairs(b *backend, clientID string) error {
	var actions []string
	for {
		l, ok := b.lines.next(drainPause)
		if !ok {
			break
		}
		if l.err != nil || l.clientID() != clientID {
			return fmt.Errorf("received %v", l)
		}
		actions = append(actions, l.action())
	}
	if got := strings.Join(actions, " "); got != "" && got != "new_connection disconnected" {
		return fmt.Errorf("received %s", got)
	}
	return nil
}

func (p *player) playClient(s step) error {
	switch s.Do {
	case "connect":
		var extra [][2]string
		for name, value := range s.Headers {
			extra = append(extra, [2]string{name, value})
		}
		p.clients[s.Client] = p.broker.client(p.t, s.Path, extra...)
		return nil
	case "raw_http":
		p.clients[s.Client] = p.broker.request(p.t, s.Text)
		return nil
	}
	c := p.clients[s.Client]
	switch {
	case c == nil:
		return fmt.Errorf("there is no client %s", s.Client)
	case s.Do == "close":
		c.leave()
		return nil
	case s.Do == "abort":
		c.abort()
		return nil
	case s.Do != "":
		return errStep
	case s.Send != nil, s.SendHex != nil:
		return sendStep(s, c)
	case s.ExpectNothing > 0:
		if e, ok := c.events.next(time.Duration(s.ExpectNothing) * time.Millisecond); ok {
			return fmt.Errorf("received %v", e)
		}
		return nil
	}
	check, err := s.eventCheck()
	if err != nil {
		return err
	}
	e, ok := c.events.next(s.limit())
	if !ok {
		return errNothing
	}
	if !check(e) {
		return fmt.Errorf("received %v", e)
	}
	return nil
}

// sendStep sends one frame.
func sendStep(s step, c *client) error {
	if s.Send != nil {
		var text string
		if err := json.Unmarshal(s.Send, &text); err != nil {
			return err
		}
		return c.send(text)
	}
	payload, err := hex.DecodeString(*s.SendHex)
	if err != nil {
		return err
	}
	opcode, ok := map[string]byte{"text": opText, "binary": opBinary, "ping": opPing, "close": opClose}[s.Opcode]
	if !ok {
		return fmt.Errorf("unknown opcode %q", s.Opcode)
	}
	return c.sendFrame(opcode, payload)
}

// eventCheck says what the next event of a client has to be.
func (s step) eventCheck() (func(event) bool, error) {
	switch {
	case s.Expect != nil:
		var text string
		err := json.Unmarshal(s.Expect, &text)
		return func(e event) bool { return e.opcode == opText && e.payload == text }, err
	case s.ExpectJSON != nil:
		want, err := readJSON(s.ExpectJSON)
		return func(e event) bool { return e.opcode == opText && isJSON(e.payload, want) }, err
	case s.ExpectOpen:
		return func(e event) bool { return e.status == http.StatusSwitchingProtocols }, nil
	case s.ExpectStatus != nil:
		var list []int
		err := json.Unmarshal(s.ExpectStatus, &list)
		if err != nil {
			list = []int{0}
			err = json.Unmarshal(s.ExpectStatus, &list[0])
		}
		return func(e event) bool { return e.status != 0 && slices.Contains(list, e.status) }, err
	case s.ExpectClose > 0:
		return func(e event) bool { return e.opcode == opClose && e.code == s.ExpectClose }, nil
	}
	return nil, errStep
}

// isJSON says whether a text parses to this value.
func isJSON(text string, want any) bool {
	got, err := readJSON([]byte(text))
	return err == nil && equal("", want, got) == nil
}
