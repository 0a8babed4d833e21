package chaos

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor"
)

// TestClientsThatNeverRead has 100 clients that never read in a room with 20 that do. Those who read get every message
// in order, those who do not are closed as slow consumers, and what waits for them stays within the limit.
func TestClientsThatNeverRead(t *testing.T) {
	const (
		deaf     = 100
		readers  = 20
		messages = 400
		size     = 16 << 10 // more than a socket's buffers take: 6.4 MB for each of them
		outbox   = 64 << 10
	)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	srv := start(t, supervisor.Options{OutboxBytes: outbox})
	var ears []*witness
	for i := range readers {
		ears = append(ears, join(ctx, t, srv, fmt.Sprintf("r%d", i), "room"))
	}
	for i := range deaf {
		w := join(ctx, t, srv, fmt.Sprintf("d%d", i), "room")
		defer w.conn.Close()
	}
	sender := join(ctx, t, srv, "sender", "room")
	defer sender.conn.Close()

	var listening sync.WaitGroup
	for _, w := range ears {
		listening.Go(func() {
			for i := range messages {
				m := w.next("gmsg")
				if val, _ := m.Val.(string); !strings.HasPrefix(val, fmt.Sprintf("%d:", i)) {
					t.Errorf("%s: message %d did not come (%v)", w.name, i, w.err)
					return
				}
			}
		})
	}
	pad := strings.Repeat("x", size)
	for i := range messages {
		sender.send(map[string]any{"cmd": "gmsg", "val": fmt.Sprintf("%d:%s", i, pad)})
		// The sender's own copy says that the room has handled the message; without waiting for it, readers on a busy
		// machine would be slow consumers too.
		if sender.next("gmsg"); sender.err != nil {
			t.Fatal(sender.err)
		}
		if n := srv.Transport().OutboxBytes; n > (deaf+readers+1)*(outbox+2*size) {
			t.Fatalf("%d bytes wait in outboxes", n)
		}
	}
	listening.Wait()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for srv.Clients().Len() > readers+1 {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("%d clients that do not read are still there", srv.Clients().Len()-readers-1)
		}
	}
	if n := srv.Transport().SlowConsumers["close"]; n != deaf {
		t.Errorf("%d slow consumers were counted, not %d", n, deaf)
	}
	for _, w := range ears {
		w.conn.Close()
	}
}

// TestConflate stalls a Scratch client while a variable changes many times. When it reads again it gets the latest
// value, has not been closed, and nobody else missed anything.
func TestConflate(t *testing.T) {
	const (
		sets   = 400
		digits = 50_000 // a value; all of them would be 20 MB
	)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	srv := start(t, supervisor.Options{
		OutboxBytes:  128 << 10,
		SlowConsumer: supervisor.SlowConflate,
		Scratch:      supervisor.ScratchOptions{FlushInterval: time.Millisecond},
	})
	writer, reader, stalled := dialScratch(ctx, t, srv), dialScratch(ctx, t, srv), dialScratch(ctx, t, srv)
	zeros := strings.Repeat("0", digits)
	for i := 1; i <= sets; i++ {
		writer.send(map[string]any{"method": "set", "name": "☁ score", "value": fmt.Sprintf("%d.%s", i, zeros)})
		want := fmt.Sprintf("%d.", i)
		for got := ""; !strings.HasPrefix(got, want); {
			if got = reader.value(); reader.err != nil {
				t.Fatal(reader.err)
			}
		}
	}
	last, seen := "", 0
	for !strings.HasPrefix(last, fmt.Sprintf("%d.", sets)) {
		if last = stalled.value(); stalled.err != nil {
			t.Fatalf("after %d values: %v", seen, stalled.err)
		}
		seen++
	}
	if seen >= sets {
		t.Errorf("all %d values were kept for a client that did not read", seen)
	}
	if srv.Counters.Conflated.Load() == 0 {
		t.Error("nothing was counted as conflated")
	}
}
