package durability

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/tests/harness"
)

const (
	projects  = 4
	variables = 10
	writeRate = 2000 // writes per second, over all projects
	rounds    = 25   // kills of a server, in each mode

	flushInterval = 50 * time.Millisecond
	// A change has to be on disk when it is as old as the interval. The rest is for a machine that is busy with other
	// tests: the time a write takes, and what a killed process was kept from doing.
	window = flushInterval + 400*time.Millisecond
)

// ledger knows what was written: to each variable ever larger numbers.
type ledger struct {
	mu   sync.Mutex
	next int
	sent map[string]map[int]bool // by project/variable
}

func (l *ledger) write(key string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	if l.sent[key] == nil {
		l.sent[key] = make(map[int]bool)
	}
	l.sent[key][l.next] = true
	return l.next
}

func key(project, name string) string { return project + "/" + name }

// writer sends its share of the writes until the connection breaks or it is told to stop.
func (l *ledger) writer(conn *websocket.Conn, project string, stop <-chan struct{}) {
	const perTick = 5
	tick := time.NewTicker(time.Second * projects * perTick / writeRate)
	defer tick.Stop()
	for {
		for range perTick {
			name := fmt.Sprint("v", rand.IntN(variables))
			if conn.WriteMessage(websocket.TextMessage, setMessage(name, l.write(key(project, name)))) != nil {
				return
			}
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// TestKill kills the server again and again, at random moments of a constant load. Whatever it has then was written,
// and is no older than promised: with sync, nothing that anybody was shown is gone.
func TestKill(t *testing.T) {
	for _, mode := range []string{"interval", "sync"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := &ledger{sent: make(map[string]map[int]bool)}
			kept := make(map[string]int) // what has to be there, by project/variable
			var writes, shown int
			for round := range rounds {
				s := harness.Run(t, harness.Config{Args: []string{
					"serve", "--listen", "127.0.0.1:0", "--protocols", "scratch", "--data", dir,
					"--durability", mode, "--flush-interval", flushInterval.String(), "--log-format", "text",
				}})
				l.check(t, s.URL, kept)
				if t.Failed() {
					t.Fatalf("in round %d\n%s", round, s.Stderr())
				}
				shown += l.load(t, s, mode, kept)
				writes = l.next
			}
			t.Logf("%d writes, %d of them shown, %d kills", writes, shown, rounds)
		})
	}
}

// check compares what the server has with what was written.
func (l *ledger) check(t *testing.T, url string, kept map[string]int) {
	t.Helper()
	for p := range projects {
		project := fmt.Sprint("project", p)
		has := state(t, url, project)
		for name, value := range has {
			if !l.sent[key(project, name)][value] {
				t.Errorf("%s of %s is %d, which nobody has written", name, project, value)
			}
		}
		for k, value := range kept {
			if name, ok := strings.CutPrefix(k, project+"/"); ok && has[name] < value {
				t.Errorf("%s of %s is %d, although %d was there for long", name, project, has[name], value)
			}
		}
	}
}

// load writes for a while, kills the server and notes what has to be there when it is back.
func (l *ledger) load(t *testing.T, s *harness.Server, mode string, kept map[string]int) (shown int) {
	t.Helper()
	var watchers [projects]*watcher
	var writers sync.WaitGroup
	stop := make(chan struct{})
	for p := range projects {
		project := fmt.Sprint("project", p)
		watchers[p] = watch(t, s.URL, project)
		conn, err := dial(s.URL, "writer", project)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		writers.Go(func() { l.writer(conn, project, stop) })
	}
	timer := time.NewTimer(window + time.Duration(rand.Int64N(int64(300*time.Millisecond))))
	defer timer.Stop()
	<-timer.C
	killed := time.Now()
	s.Kill()
	close(stop)
	writers.Wait()
	by := killed.Add(-window)
	if mode == "sync" {
		by = time.Now().Add(time.Hour) // whatever was shown, also in the last moment
	}
	for p, w := range watchers {
		<-w.done
		for name, value := range w.latest(t, by) {
			if name != "mark" {
				kept[key(fmt.Sprint("project", p), name)] = value
			}
		}
		for _, all := range w.seen {
			shown += len(all)
		}
	}
	return shown
}
