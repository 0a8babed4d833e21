package transport

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/skeinhq/skein/codec"
)

// BenchmarkEcho sends messages on one connection and reads them back, with a number of them in flight.
func BenchmarkEcho(b *testing.B) {
	for _, window := range []int{1, 16} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			_, addr := start(b, Options{}, EchoHandler{})
			c := dial(b, addr)
			in := frame(fin|opText, make([]byte, 100))
			out := make([]byte, 102)
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N + window {
				if i < b.N {
					c.nc.Write(in)
				}
				if i >= window {
					if _, err := io.ReadFull(c.br, out); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkFanout delivers frames to 1,000 clients; an operation is one delivery. Frames are made beforehand, so what
// is allocated is allocated per recipient. The floor does one blocking write per delivery and nothing else.
func BenchmarkFanout(b *testing.B) {
	for _, burst := range []int{0, 1, 16} {
		name := fmt.Sprintf("burst=%d", burst)
		floor := burst == 0
		if floor {
			name, burst = "floor", 1
		}
		b.Run(name, func(b *testing.B) {
			const members = 1000
			h := newTestHandler()
			s, addr := start(b, Options{PingInterval: -1}, h)
			room := make([]*Conn, members)
			var received atomic.Int64
			var all sync.WaitGroup
			delivered := make(chan struct{}, 1)
			var target atomic.Int64
			f := codec.TextFrame(make([]byte, 118))
			wire := [][]byte{f.Wire()}
			var clients []net.Conn
			for i := range room {
				c := dial(b, addr)
				room[i] = h.conn(b)
				clients = append(clients, c.nc)
				all.Go(func() {
					buf := make([]byte, 4096)
					have := 0
					for {
						n, err := c.nc.Read(buf)
						if err != nil {
							return
						}
						have += n
						frames := have / f.Len()
						have %= f.Len()
						if total := received.Add(int64(frames)); total == target.Load() {
							delivered <- struct{}{}
						}
					}
				})
			}
			before := s.Stats().Writes
			b.ReportAllocs()
			b.ResetTimer()
			done := 0
			for done < b.N {
				target.Add(int64(burst * members))
				for range burst {
					for _, c := range room {
						if floor {
							control(c, func(fd uintptr) { writeSocket(fd, wire[:]) })
						} else {
							c.Send(f)
						}
					}
				}
				<-delivered
				done += burst * members
			}
			b.StopTimer()
			b.ReportMetric(float64(s.Stats().Writes-before)/float64(done), "writes/op")
			for _, nc := range clients {
				nc.Close()
			}
			all.Wait()
		})
	}
}

// BenchmarkUpgrade connects, upgrades and hangs up.
func BenchmarkUpgrade(b *testing.B) {
	_, addr := start(b, Options{}, EchoHandler{})
	req := []byte(request("User-Agent: bench\r\nOrigin: http://localhost\r\n"))
	buf := make([]byte, 1024)
	b.ReportAllocs()
	for b.Loop() {
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		nc.Write(req)
		if n, err := nc.Read(buf); err != nil || string(buf[9:12]) != "101" {
			b.Fatalf("%q, %v", buf[:n], err)
		}
		nc.(*net.TCPConn).SetLinger(0)
		nc.Close()
	}
}
