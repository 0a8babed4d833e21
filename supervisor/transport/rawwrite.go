package transport

import "syscall"

// rawWrite writes a transfer through a syscall.RawConn. The callback is made once, so that writing allocates nothing.
type rawWrite struct {
	t        *transfer
	callback func(fd uintptr) bool

	// patient waits for room in the socket and returns after the first bytes; otherwise it never waits.
	patient bool

	frames, calls int
	blocked       bool // the socket takes nothing more now
	err           error
}

func (w *rawWrite) init(t *transfer) {
	w.t = t
	w.callback = w.write
}

// run returns how many frames it completed.
func (w *rawWrite) run(raw syscall.RawConn) (frames int) {
	w.frames, w.calls, w.blocked, w.err = 0, 0, false, nil
	if err := raw.Write(w.callback); err != nil && w.err == nil {
		w.err = err
	}
	return w.frames
}

func (w *rawWrite) write(fd uintptr) bool {
	for !w.t.done() {
		pieces := w.t.gather()
		offered := 0
		for _, p := range pieces {
			offered += len(p)
		}
		n, again, err := writeSocket(fd, pieces)
		if again {
			w.blocked = true
			return !w.patient || w.calls > 0
		}
		if err != nil {
			w.err = err
			return true
		}
		w.calls++
		w.frames += w.t.advance(n)
		if n < offered {
			w.blocked = true
			return true
		}
	}
	return true
}
