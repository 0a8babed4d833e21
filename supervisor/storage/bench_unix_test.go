//go:build unix

package storage

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"

	"syscall"
	"testing"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/scratch"
)

// cpu is the CPU time of the process so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nowhere is an outbox of a client that is alone in its room.
type nowhere struct{}

func (nowhere) Send(*codec.Frame) bool    { return true }
func (nowhere) TrySend(*codec.Frame) bool { return true }
func (nowhere) Pending() int              { return 0 }
func (nowhere) Close(uint16, string)      {}

// timed measures the transactions of a file.
type timed struct {
	*File
	took []time.Duration
	vars int
}

func (t *timed) Commit(writes []actors.RoomWrite) ([]actors.RoomError, error) {
	began := time.Now()
	refused, err := t.File.Commit(writes)
	t.took = append(t.took, time.Since(began))
	for _, w := range writes {
		t.vars += len(w.Variables)
	}
	return refused, err
}

// BenchmarkSet is a set from its text to the variable, by clients that are alone in their rooms: what durability adds to
// it, in CPU time, and how long the transactions take.
func BenchmarkSet(b *testing.B) {
	for _, rooms := range []int{1, 100} {
		for _, mode := range []string{"none", "interval", "sync"} {
			b.Run(fmt.Sprintf("rooms=%d/durability=%s", rooms, mode), func(b *testing.B) { benchmarkSet(b, rooms, mode) })
		}
	}
}

func benchmarkSet(b *testing.B, rooms int, mode string) {
	o := actors.Options{
		Protocols: []actors.Protocol{actors.Scratch}, Logger: slog.New(slog.DiscardHandler),
		Scratch: scratch.Config{Rooms: scratch.Unlimited},
		Journal: actors.JournalConfig{FlushInterval: 200 * time.Millisecond, RoomIdle: time.Hour, Sync: mode == "sync"},
	}
	var disk *timed
	if mode != "none" {
		f, err := Open(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		disk = &timed{File: f}
		o.Storage = disk
	}
	sys := actors.NewSystem(o)
	if err := sys.Start(); err != nil {
		b.Fatal(err)
	}
	var clients []*actors.Session
	for i := range rooms {
		c := sys.Connect(actors.Peer{Out: nowhere{}})
		c.Message(codec.NewMessage(fmt.Appendf(nil, `{"method":"handshake","user":"ada","project_id":"%d"}`, i), false))
		clients = append(clients, c)
	}
	barrier := func() {
		for i := range rooms {
			for { // a room that is not there yet
				if _, err := sys.Rooms(actors.Scratch).Variables(fmt.Sprint(i)); err == nil {
					break
				}
				runtime.Gosched()
			}
		}
	}
	barrier()
	var texts [][]byte
	for n := range 10 {
		texts = append(texts, fmt.Appendf(nil, `{"method":"set","name":"☁ variable %d","value":"%d"}`, n, 1_000_000+n))
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	for i := range b.N {
		turn := i / rooms // of the room: one variable after the other, each time with another value
		text := slices.Clone(texts[turn%len(texts)])
		text[len(text)-3] = byte('0' + turn/len(texts)%10)
		clients[i%rooms].Message(codec.NewMessage(text, false))
		if i%20_000 == 19_999 {
			barrier()
		}
	}
	barrier()
	b.StopTimer()
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
	for _, c := range clients {
		c.Closed(actors.End{Code: 1000})
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := sys.Stop(ctx); err != nil {
		b.Error(err)
	}
	if disk != nil && len(disk.took) > 0 {
		slices.Sort(disk.took)
		b.ReportMetric(float64(disk.took[len(disk.took)/2].Microseconds())/1000, "flush-p50-ms")
		b.ReportMetric(float64(disk.took[len(disk.took)*99/100].Microseconds())/1000, "flush-p99-ms")
		b.ReportMetric(float64(disk.vars)/float64(len(disk.took)), "vars/flush")
	}
}

// BenchmarkStart opens a file with that many projects of ten variables and loads one of them: CPU time and memory, which
// do not depend on their number.
func BenchmarkStart(b *testing.B) {
	for _, projects := range []int{1_000, 100_000} {
		dir := b.TempDir()
		f, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		f.db.NoSync = true // the making of it is not measured
		var writes []actors.RoomWrite
		for i := range projects {
			w := actors.RoomWrite{Room: room(fmt.Sprint(i)), Time: 1}
			for n := range 10 {
				w.Variables = append(w.Variables, variable(fmt.Sprint("☁ variable ", n), `"1234567890"`, uint64(n+1), "ada", 1))
			}
			if writes = append(writes, w); len(writes) == 1000 {
				commit(b, f, writes...)
				writes = writes[:0]
			}
		}
		if err := f.db.Sync(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("projects=%d", projects), func(b *testing.B) {
			info, err := os.Stat(f.Path())
			if err != nil {
				b.Fatal(err)
			}
			before := cpu(b)
			var heap uint64
			for range b.N {
				var m0, m1 runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m0)
				f, err := Open(dir, Options{})
				if err != nil {
					b.Fatal(err)
				}
				load(b, f, room("7"))
				runtime.GC()
				runtime.ReadMemStats(&m1)
				heap = m1.HeapAlloc - min(m0.HeapAlloc, m1.HeapAlloc)
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N)/1e6, "cpu-ms/op")
			b.ReportMetric(float64(heap)/1024, "heap-KiB")
			b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
		})
	}
}
