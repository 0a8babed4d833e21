package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/skeinhq/skein/supervisor"
)

// TestOrder lets clients send random commands without waiting for answers, to rooms, to each other and about
// memberships. Whatever actors carry them out: the answers of each client come in the order of its commands, and what
// one client says reaches each other client in the order in which it was said.
func TestOrder(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { testOrder(t, seed) })
	}
}

func testOrder(t *testing.T, seed uint64) {
	const clients, commands = 8, 400
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	srv := start(t, supervisor.Options{})
	all := make([]*witness, clients)
	for i := range all {
		all[i] = join(ctx, t, srv, fmt.Sprintf("c%d", i), "a")
	}
	said := make(chan struct{}) // closed when everybody has said everything
	var talking, listening sync.WaitGroup
	for i, w := range all {
		talking.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for n := range commands {
				w.send(randomCommand(random, w.name, n, clients))
			}
		})
		listening.Go(func() { w.watchOrder(t, said, commands) })
	}
	talking.Wait()
	close(said)
	for _, w := range all {
		// What was said before this has been carried out when it is answered.
		w.send(map[string]any{"cmd": "ping", "listener": commands})
	}
	listening.Wait()
	for _, w := range all {
		w.conn.Close()
	}
}

// randomCommand is the n-th command of a client. Its listener is n, and what others get of it says who said it when.
func randomCommand(random *rand.Rand, name string, n, clients int) map[string]any {
	rooms := []any{"a", "b", "c", []string{"a", "b"}, []string{"b", "c", "a"}}
	val := fmt.Sprintf("%s:%d", name, n)
	m := map[string]any{"listener": n}
	set := func(kv ...any) {
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
	}
	other := fmt.Sprintf("c%d", random.IntN(clients+1)) // one of them is nobody
	switch random.IntN(9) {
	case 0:
		set("cmd", "ping")
	case 1, 2:
		set("cmd", "gmsg", "val", val)
	case 3:
		set("cmd", "gmsg", "val", val, "rooms", rooms[random.IntN(len(rooms))])
	case 4:
		set("cmd", "gvar", "name", "v", "val", val)
	case 5:
		set("cmd", "pmsg", "id", other, "val", val)
	case 6:
		set("cmd", "direct", "id", other, "val", val)
	case 7:
		set("cmd", "link", "val", rooms[random.IntN(len(rooms))])
	case 8:
		set("cmd", "unlink", "val", rooms[random.IntN(len(rooms))])
	}
	return m
}

// watchOrder reads until the last command is answered and fails when anything overtook anything.
func (w *witness) watchOrder(t *testing.T, said <-chan struct{}, last int) {
	answered := -1
	heard := make(map[string]int)
	for {
		m := w.read()
		if w.err != nil {
			t.Errorf("%s: %v", w.name, w.err)
			return
		}
		if n, ok := m.Listener.(float64); ok && m.Cmd != "direct" {
			if int(n) < answered {
				t.Errorf("%s: the answer to %v came behind that to %d", w.name, n, answered)
			}
			answered = int(n)
		}
		if val, ok := m.Val.(string); ok {
			if sender, number, ok := strings.Cut(val, ":"); ok && m.Cmd != "ulist" {
				n, _ := strconv.Atoi(number)
				if n < heard[sender] {
					t.Errorf("%s: heard %s behind number %d", w.name, val, heard[sender])
				}
				heard[sender] = n
			}
		}
		if answered == last {
			select {
			case <-said:
			default:
				t.Errorf("%s: answered before it was asked", w.name)
			}
			return
		}
	}
}
