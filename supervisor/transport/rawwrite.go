package transport

// rawWrite writes a transfer straight to a socket. The callback is made once, so that writing allocates nothing.
type rawWrite struct {
	t        *transfer
	callback func(fd uintptr) bool

	// patient waits for room in the socket and returns after the first bytes; otherwise it never waits.
	patient bool

	frames, calls int
	sum           int  // of frames, ever
	blocked       bool // the socket takes nothing more now
	err           error
}

// newRawWrite is for those who write to many connections, one after the other.
func newRawWrite() *rawWrite {
	w := new(rawWrite)
	w.init(&transfer{buf: make([]byte, 0, gatherBuffer)})
	return w
}

func (w *rawWrite) init(t *transfer) {
	w.t = t
	w.callback = w.write
}

// run returns how many frames it completed. The caller owns the write side of c.
func (w *rawWrite) run(c *Conn) (frames int) {
	w.frames, w.calls, w.blocked, w.err = 0, 0, false, nil
	if c.sock == nil {
		w.write(uintptr(c.fd))
	} else if err := c.sock.raw.Write(w.callback); err != nil && w.err == nil {
		w.err = err
	}
	w.sum += w.frames
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
