package transport

import (
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pace decides when to go through a long list of connections that wait to be written to. Where messages for a large
// room come faster than they can be written to everybody, it pays to wait a little before the next pass: those that
// are on their way, often because the last pass has just ended, then go out in the same writes. Without that, two
// halves of what is in flight chase each other and everybody is written to twice as often.
//
// There is no wait where the last pass has brought everybody one message, or is long ago.
type pace struct {
	ended  time.Time     // of the last long pass
	took   time.Duration // of it
	merged bool          // it wrote several frames per connection
}

const (
	paceShare = 4                     // a pass is put off by this part of the last one's length
	paceMost  = time.Millisecond      // at most
	paceFresh = 10 * time.Millisecond // as long ago a pass may have ended
)

// delay is how long the next pass is to be put off.
func (p *pace) delay(now time.Time) time.Duration {
	if !p.merged || now.Sub(p.ended) > paceFresh {
		return 0
	}
	return min(p.took/paceShare, paceMost)
}

// flush writes what is listed. When that is much, it reads in between what has come meanwhile and lets those run who
// have something to say to it: that goes out in the same writes.
func (p *poller) flush() {
	for _, f := range p.flushers {
		if !f.long() {
			for f.some(p.w) {
				p.glance(0)
			}
			continue
		}
		begin := time.Now()
		if d := f.pace.delay(begin); d > 0 {
			until := begin.Add(d)
			for now := begin; now.Before(until); now = time.Now() {
				p.glance(until.Sub(now))
			}
			begin = until
		}
		frames, conns := p.w.sum, flushSome
		for f.some(p.w) {
			conns += flushSome
			p.glance(0)
		}
		now := time.Now()
		f.pace = pace{ended: now, took: now.Sub(begin), merged: p.w.sum-frames >= 2*conns}
	}
}

// glance reads what there is, waiting for the first of it for the time given, and lets others run.
func (p *poller) glance(patience time.Duration) {
	n := p.poll()
	if n == 0 && patience > 0 {
		n = p.pollFor(patience)
	}
	p.round(n) // also where nothing new is there: connections may have more to be read
	p.given = 0
	runtime.Gosched()
}

// pollFor is poll with a time limit, which is shorter than timers of the Go runtime are.
func (p *poller) pollFor(d time.Duration) int {
	limit := struct{ sec, nsec int64 }{nsec: int64(d)}
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.events[0])),
		pollEvents, uintptr(unsafe.Pointer(&limit)), 0, 0)
	if errno != 0 {
		if errno != unix.EINTR {
			time.Sleep(d) // a kernel before 5.11
		}
		return 0
	}
	return int(n)
}
