package conformance

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	messageTimeout = 3 * time.Second       // enough for any single expected message
	quiet          = 60 * time.Millisecond // at the end of a scenario, and again before the next one
)

// Replayer carries out scenarios on one server, one after the other.
type Replayer struct {
	URL string
	// Side is what a step's "for" must be to be carried out. Zero value means "required"; "upstream" replays what
	// the reference servers do.
	Side string
	// Timeout replaces messageTimeout. Zero value means that.
	Timeout time.Duration
	// Quiet replaces quiet. Zero value means that.
	Quiet time.Duration
}

// run is one scenario on its way.
type run struct {
	Replayer
	split   bool
	clients map[string]*client
	order   []*client
	names   *names
	fresh   map[string]string
}

// Play carries out one scenario. The error says which step failed, what was expected and what came.
func (r Replayer) Play(s Scenario) error {
	if r.Side == "" {
		r.Side = "required"
	}
	if r.Timeout == 0 {
		r.Timeout = messageTimeout
	}
	if r.Quiet == 0 {
		r.Quiet = quiet
	}
	x := &run{Replayer: r, split: strings.HasPrefix(s.Dialect, "scratch-"), clients: map[string]*client{}, names: newNames(), fresh: map[string]string{}}
	err := x.play(s)
	x.closeAll()
	time.Sleep(r.Quiet)
	return err
}

func (x *run) play(s Scenario) error {
	for i, step := range s.Steps {
		if step.For != "" && step.For != x.Side {
			continue
		}
		if err := x.step(step); err != nil {
			return fmt.Errorf("step %d, %s %s: %w", i+1, step.Verb, step.Client+strings.Join(step.Clients, ","), err)
		}
	}
	time.Sleep(x.Quiet)
	var problems []error
	for _, c := range x.order {
		if !c.gone {
			problems = append(problems, c.checkQuiet("at the end"))
		}
	}
	return errors.Join(problems...)
}

// closeAll ends what is still open, all at once.
func (x *run) closeAll() {
	var wg sync.WaitGroup
	for _, c := range x.order {
		wg.Go(func() { c.close(x.Timeout) })
	}
	wg.Wait()
}

func (x *run) step(s Step) error {
	if s.Verb == "open" {
		return x.open(s)
	}
	if s.Verb == "sleep" {
		time.Sleep(time.Duration(s.Millis) * time.Millisecond)
		return nil
	}
	if s.Verb == "expect_none" {
		return x.expectNone(s)
	}
	c := x.clients[s.Client]
	if c == nil {
		return errors.New("no such client")
	}
	switch s.Verb {
	case "send":
		return x.send(c, s)
	case "expect":
		return x.expect(c, s)
	case "expect_close":
		return x.expectClose(c, s)
	case "close":
		return x.close(c)
	case "drop":
		c.drop()
		return nil
	}
	return errors.New("unknown step")
}

func (x *run) open(s Step) error {
	if x.clients[s.Client] != nil {
		return errors.New("open already")
	}
	header := http.Header{}
	for _, m := range s.Headers {
		values, ok := stringList(m.Value)
		if !ok {
			return fmt.Errorf("bad header %s", m.Key)
		}
		for _, v := range values {
			header.Add(m.Key, v)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.Timeout)
	defer cancel()
	c, err := dial(ctx, s.Client, x.URL+s.Path, header, x.split)
	if err != nil {
		return err
	}
	x.clients[s.Client] = c
	x.order = append(x.order, c)
	return nil
}

func (x *run) send(c *client, s Step) error {
	kind, data, err := x.payload(s)
	if err != nil {
		return err
	}
	if err := c.send(kind, data, x.Timeout); err != nil && !s.MayFail {
		return fmt.Errorf("%w; unread: %s", err, describe(c.unread()))
	}
	return nil
}

func (x *run) payload(s Step) (int, []byte, error) {
	v, err := x.fill(s.Payload)
	if err != nil {
		return 0, nil, err
	}
	if s.Form == "json" {
		return websocket.TextMessage, []byte(encode(v)), nil
	}
	text, ok := v.(string)
	if !ok {
		return 0, nil, fmt.Errorf("%s of type %s", s.Form, kind(v))
	}
	if s.Form == "text" {
		return websocket.TextMessage, []byte(text), nil
	}
	data, err := base64.StdEncoding.DecodeString(text)
	return websocket.BinaryMessage, data, err
}

// fill replaces the placeholders of a value to be sent.
func (x *run) fill(v Value) (Value, error) {
	if name, arg, ok := asPattern(v); ok {
		client, _ := arg.(string)
		switch name {
		case "$id", "$uuid":
			known := x.names.ids
			if name == "$uuid" {
				known = x.names.uuids
			}
			s, ok := known[client]
			if !ok {
				return nil, fmt.Errorf("%s of %q is not known yet", name, client)
			}
			return s, nil
		case "$repeat":
			if !isRepeat(arg) {
				return nil, fmt.Errorf("bad placeholder %s", encode(v))
			}
			return repeated(arg), nil
		case "$fresh":
			return x.digits(client), nil
		case "$fresh_number":
			return Number(x.digits(client)), nil
		}
	}
	switch v := v.(type) {
	case Array:
		filled := make(Array, len(v))
		for i, e := range v {
			f, err := x.fill(e)
			if err != nil {
				return nil, err
			}
			filled[i] = f
		}
		return filled, nil
	case Object:
		filled := make(Object, len(v))
		for i, m := range v {
			f, err := x.fill(m.Value)
			if err != nil {
				return nil, err
			}
			filled[i] = Member{m.Key, f}
		}
		return filled, nil
	}
	return v, nil
}

// digits returns nine digits, the same for the same name within a run.
func (x *run) digits(name string) string {
	if x.fresh[name] == "" {
		x.fresh[name] = fmt.Sprint(100_000_000 + rand.IntN(900_000_000))
	}
	return x.fresh[name]
}

func (x *run) expect(c *client, s Step) error {
	if s.Unordered {
		frames, err := x.take(c, len(s.Patterns))
		if err != nil {
			return err
		}
		return verdict(x.names.matchUnordered(s.Patterns, frames))(Array(s.Patterns), frames...)
	}
	for _, p := range s.Patterns {
		frames, err := x.take(c, 1)
		if err != nil {
			return fmt.Errorf("expected %s: %w", encode(p), err)
		}
		if err := verdict(x.names.matchFrame(p, frames[0]))(p, frames[0]); err != nil {
			return fmt.Errorf("%w; unread: %s", err, describe(c.unread()))
		}
	}
	return nil
}

// take receives n messages.
func (x *run) take(c *client, n int) ([]frame, error) {
	var frames []frame
	for range n {
		e, ok := c.next(x.Timeout)
		switch {
		case !ok:
			return nil, fmt.Errorf("nothing came within %v", x.Timeout)
		case e.closed || e.binary:
			return nil, fmt.Errorf("got %s", describe([]event{e}))
		}
		frames = append(frames, e.frame)
	}
	return frames, nil
}

func verdict(ok bool, err error) func(pattern Value, got ...frame) error {
	return func(pattern Value, got ...frame) error {
		if err != nil || ok {
			return err
		}
		var texts []string
		for _, f := range got {
			texts = append(texts, shorten(f.text))
		}
		return fmt.Errorf("expected %s\n\tgot %s", shorten(encode(pattern)), strings.Join(texts, "\n\tand "))
	}
}

func (x *run) expectNone(s Step) error {
	time.Sleep(time.Duration(s.Millis) * time.Millisecond)
	for _, name := range s.Clients {
		c := x.clients[name]
		if c == nil {
			return fmt.Errorf("no client %s", name)
		}
		if err := c.checkQuiet(""); err != nil {
			return err
		}
	}
	return nil
}

func (x *run) expectClose(c *client, s Step) error {
	e, ok := c.next(x.Timeout)
	if !ok {
		return fmt.Errorf("not closed within %v", x.Timeout)
	}
	if !e.closed {
		return fmt.Errorf("got %s", describe([]event{e}))
	}
	c.gone = true
	if len(s.Codes) > 0 && !slices.Contains(s.Codes, e.code) {
		return fmt.Errorf("expected code %d, got %s", s.Codes, describe([]event{e}))
	}
	if len(s.Reasons) > 0 && !slices.Contains(s.Reasons, e.reason) {
		return fmt.Errorf("expected reason %q, got %s", s.Reasons, describe([]event{e}))
	}
	return nil
}

// close ends a connection from the client's side. The server has to answer the closing handshake.
func (x *run) close(c *client) error {
	if err := c.checkQuiet("before closing"); err != nil {
		return err
	}
	c.close(x.Timeout)
	left := c.unread()
	if len(left) != 1 || !left[0].closed {
		return fmt.Errorf("unread when closed: %s", describe(left))
	}
	if left[0].code == closeAbnormal {
		return fmt.Errorf("closing handshake not answered: %s", left[0].reason)
	}
	return nil
}

func (c *client) checkQuiet(when string) error {
	if left := c.unread(); len(left) > 0 {
		return fmt.Errorf("client %s, unexpected %s: %s", c.name, when, describe(left))
	}
	return nil
}

func describe(events []event) string {
	var texts []string
	for _, e := range events {
		switch {
		case e.closed:
			texts = append(texts, fmt.Sprintf("close %d %q", e.code, e.reason))
		case e.binary:
			texts = append(texts, fmt.Sprintf("a binary frame %q", shorten(e.frame.text)))
		default:
			texts = append(texts, shorten(e.frame.text))
		}
	}
	return "[" + strings.Join(texts, " | ") + "]"
}

// shorten keeps failures readable.
func shorten(s string) string {
	const limit = 2000
	if len(s) > limit {
		return fmt.Sprintf("%s… (%d bytes)", s[:limit], len(s))
	}
	return s
}
