// Package durability kills, stops and starves a real server and looks at what it still has afterwards.
package durability

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

const patience = 30 * time.Second

// dial connects a client to a project.
func dial(url, user, project string) (*websocket.Conn, error) {
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		return nil, err
	}
	hello := fmt.Sprintf(`{"method":"handshake","user":%q,"project_id":%q}`, user, project)
	return conn, conn.WriteMessage(websocket.TextMessage, []byte(hello))
}

func setMessage(name string, value int) []byte {
	return []byte(`{"method":"set","name":"` + name + `","value":"` + strconv.Itoa(value) + `"}`)
}

// sighting is a value that a client was shown.
type sighting struct {
	value int
	at    time.Time
}

// watcher is a client that changes nothing and notes what it is shown.
type watcher struct {
	conn *websocket.Conn
	done chan struct{} // closed when the connection has ended

	mu   sync.Mutex
	seen map[string][]sighting // by variable, in their order
	grew chan struct{}
	err  error // a message that is none
}

func watch(t testing.TB, url, project string) *watcher {
	t.Helper()
	conn, err := dial(url, "watcher", project)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{conn: conn, done: make(chan struct{}), seen: make(map[string][]sighting), grew: make(chan struct{})}
	t.Cleanup(func() { conn.Close() })
	go w.read()
	return w
}

func (w *watcher) read() {
	defer close(w.done)
	for {
		_, frame, err := w.conn.ReadMessage()
		if err != nil {
			return
		}
		now := time.Now()
		w.mu.Lock()
		for line := range strings.SplitSeq(string(frame), "\n") {
			var m struct{ Method, Name, Value string }
			err := json.Unmarshal([]byte(line), &m)
			value, notNumber := strconv.Atoi(m.Value)
			if err != nil || notNumber != nil || m.Method != "set" {
				w.err = fmt.Errorf("shown %q", line)
				continue
			}
			w.seen[m.Name] = append(w.seen[m.Name], sighting{value, now})
		}
		close(w.grew)
		w.grew = make(chan struct{})
		w.mu.Unlock()
	}
}

// until waits for a state of what was seen.
func (w *watcher) until(t testing.TB, what string, ok func(seen map[string][]sighting) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		w.mu.Lock()
		met, grew := ok(w.seen), w.grew
		w.mu.Unlock()
		if met {
			return
		}
		select {
		case <-grew:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

// latest is the newest value of each variable that was seen by then.
func (w *watcher) latest(t testing.TB, by time.Time) map[string]int {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		t.Error(w.err)
	}
	out := make(map[string]int)
	for name, all := range w.seen {
		for _, s := range all {
			if s.at.Before(by) {
				out[name] = s.value
			}
		}
	}
	return out
}

// state returns what a project has: what a newcomer is shown before a variable that it sets itself.
func state(t testing.TB, url, project string) map[string]int {
	t.Helper()
	w := watch(t, url, project)
	other, err := dial(url, "marker", project)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	// The mark comes behind the state of the room, and does not stay: the next one is another value.
	mark := int(time.Now().UnixNano())
	if err := other.WriteMessage(websocket.TextMessage, setMessage("mark", mark)); err != nil {
		t.Fatal(err)
	}
	w.until(t, "the mark is shown", func(seen map[string][]sighting) bool {
		all := seen["mark"]
		return len(all) > 0 && all[len(all)-1].value == mark
	})
	out := w.latest(t, time.Now().Add(time.Hour))
	delete(out, "mark")
	return out
}
