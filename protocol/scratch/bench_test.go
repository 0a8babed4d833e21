package scratch

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkSet is what a set costs from the message to the frame, without sending it.
func BenchmarkSet(b *testing.B) {
	for _, bench := range []struct {
		name    string
		config  Config
		message string
	}{
		{"TurboWarp", Config{FlushInterval: -1}, `{"method":"set","user":"player12345","project_id":"12345678","name":"☁ score","value":"%08d"}`},
		{"CloudLink", Config{Dialect: CloudLink}, `{"method":"set","user":"player12345","project_id":"p","name":"☁ score","value":"%08d"}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			rules := NewRules(bench.config)
			s, room := rules.NewSession(false), rules.NewRoom()
			s.Receive([]byte(twHello), false)
			cursor := room.Now()
			messages := [][]byte{fmt.Appendf(nil, bench.message, 1), fmt.Appendf(nil, bench.message, 2)}
			b.SetBytes(int64(len(messages[0])))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				d := s.Receive(messages[i&1], false)
				if out := room.Apply(1, d.Change); !out.Flush {
					b.Fatal(d, out)
				}
				batch := room.Flush()
				if batch.For(2, cursor) == nil {
					b.Fatal("nothing to send")
				}
				cursor = batch.Advance(cursor)
			}
		})
	}
}

// BenchmarkReceive is the session's part of it.
func BenchmarkReceive(b *testing.B) {
	s := NewRules(Config{}).NewSession(false)
	s.Receive([]byte(twHello), false)
	message := []byte(`{"method":"set","user":"player12345","project_id":"12345678","name":"☁ score","value":"123456"}`)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if d := s.Receive(message, false); d.Kind != Apply {
			b.Fatal(d)
		}
	}
}

// BenchmarkBatch is one flush interval of a full room in which everybody sets a variable: 128 updates, 128 frames.
func BenchmarkBatch(b *testing.B) {
	rules := NewRules(Config{})
	room := rules.NewRoom()
	cursor := room.Now()
	b.ReportAllocs()
	for b.Loop() {
		for m := range 128 {
			room.Apply(Member(m), Change{Op: OpSet, Name: "☁ score", Value: `"123456"`})
		}
		batch := room.Flush()
		for m := range 128 {
			if batch.For(Member(m), cursor) == nil {
				b.Fatal("nothing to send")
			}
		}
		cursor = batch.Advance(cursor)
	}
}

// BenchmarkState is the state of a full room for a newcomer.
func BenchmarkState(b *testing.B) {
	room := NewRules(Config{}).NewRoom()
	value := `"` + strings.Repeat("9", 100) + `"`
	for i := range 128 {
		room.Apply(1, Change{Op: OpSet, Name: fmt.Sprint("☁ variable ", i), Value: value})
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(room.State()) == 0 {
			b.Fatal("no state")
		}
	}
}
