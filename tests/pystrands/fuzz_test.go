package pystrands

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRandomLines lets a backend send 10,000 random and mutated lines. It stays connected and hears of at most ten
// errors per second; another backend and its clients are served meanwhile.
func TestRandomLines(t *testing.T) {
	requireSkein(t)
	t.Parallel()
	const lines = 10_000
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	broker := startBroker(t)
	good := broker.attach(t)
	c := broker.join(t, good, "served", "served's room")
	wild := broker.attach(t, good) // has no client, so it is asked to let others in

	start := time.Now()
	stop := make(chan struct{})
	var serving sync.WaitGroup
	serving.Go(func() { pingPong(t, good, c, "served", stop) })
	samples := sampleLines(t)
	for sent := 0; sent < lines; {
		var b strings.Builder
		for range min(50, lines-sent) {
			b.WriteString(mutate(random, samples[random.IntN(len(samples))]))
			b.WriteByte('\n')
			sent++
		}
		must(t, wild.sendText(b.String()))
	}
	// The last of the lines might have been left open by a mutation; a newline of its own ends it.
	must(t, wild.sendText("\n"))
	close(stop)
	serving.Wait() // it leaves texts out that it does not know
	must(t, wild.private("served", "the end of the wild lines"))
	for {
		text, err := c.nextText(patience)
		must(t, err)
		if text == "the end of the wild lines" {
			break
		}
	}
	late := broker.client(t, "/ws/late")
	errors := 0
	for {
		l, ok := wild.lines.next(patience)
		if !ok || l.err != nil {
			t.Fatalf("no connection request comes any more: %v", l)
		}
		if l.action() == "connection_request" {
			must(t, wild.accept(l.requestID(), "late", "late's room", object{}))
			break
		}
		switch {
		case !l.isASCII() || l.action() != "error" && l.action() != "auth_ok":
			t.Errorf("the backend received %v", l)
		case l.action() == "error":
			errors++
		}
	}
	late.expectStatus(t, http.StatusSwitchingProtocols)
	checkErrorRate(t, errors, time.Since(start))
}

// checkErrorRate says whether a backend has heard of errors, and not too often.
func checkErrorRate(t *testing.T, errors int, during time.Duration) {
	t.Helper()
	// Ten per second, counted in seconds that need not begin with the test.
	if most := 10 * (int(during/time.Second) + 2); errors == 0 || errors > most {
		t.Errorf("%d error events in %v, at most %d are allowed", errors, during, most)
	}
}

// pingPong exchanges messages between a backend and a client until stop is closed. Texts from elsewhere are left out.
func pingPong(t *testing.T, b *backend, c *client, id string, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		mark := "ping " + strconv.Itoa(n)
		if err := c.send(mark); err != nil {
			t.Error(err)
			return
		}
		l, ok := b.lines.next(patience)
		if !ok || l.clientID() != id || l.message() != mark {
			t.Errorf("the other backend received %v instead of %q", l, mark)
			return
		}
		if err := b.private(id, mark); err != nil {
			t.Error(err)
			return
		}
		for text := ""; text != mark; {
			var err error
			if text, err = c.nextText(patience); err != nil {
				t.Errorf("%s: %v", mark, err)
				return
			}
		}
	}
}

// sampleLines are the lines that mutations start from: those of the vectors and some of their own.
func sampleLines(t testing.TB) []string {
	t.Helper()
	list := []string{
		`{"action":"broadcast","params":{"message":"` + strings.Repeat("long ", 300) + `"}}`,
		`{"action":"broadcast","params":{"message":NaN}}`,
		`{"action":"broadcast","params":{"message":"\ud800"}}`,
		`{"action":"response","request_id":"x","params":` + strings.Repeat("[", 2000) + `}`,
		`{"a":` + strings.Repeat(`{"a":`, 2000),
		`{"action":"message_to_room","action":"broadcast","params":{"room_id":"r"},"params":{"message":"twice"}}`,
		`{"action":"auth","request_id":"1","params":{"token":"x"}}`,
	}
	for _, v := range unitVectors[map[string]any](t, "actions.json") {
		if text, ok := v["line"].(string); ok {
			list = append(list, text)
		}
		if digits, ok := v["line_hex"].(string); ok {
			raw, err := hex.DecodeString(digits)
			must(t, err)
			list = append(list, string(raw))
		}
	}
	for _, v := range unitVectors[map[string]any](t, "responses.json") {
		list = append(list, fmt.Sprint(v["line"]))
	}
	return list
}

// mutate changes a few bytes of a line, or makes up another.
func mutate(random *rand.Rand, text string) string {
	b := []byte(text)
	switch random.IntN(10) {
	case 0: // anything
		b = make([]byte, random.IntN(200))
		for i := range b {
			b[i] = byte(random.IntN(256))
		}
		return string(b)
	case 1:
		return text[:random.IntN(len(text)+1)]
	case 2:
		return text + text
	}
	const marks = "{}[]\",:\\ 0-e.ntf\x00\xff\n\r"
	for range random.IntN(4) {
		if len(b) == 0 {
			break
		}
		i := random.IntN(len(b))
		switch random.IntN(3) {
		case 0:
			b[i] = marks[random.IntN(len(marks))]
		case 1:
			b = append(b[:i], b[i+1:]...)
		default:
			b = append(b[:i], append([]byte{marks[random.IntN(len(marks))]}, b[i:]...)...)
		}
	}
	return string(b)
}
