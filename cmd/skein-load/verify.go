//go:build linux

package main

// maxGap bounds what one message may claim to have overtaken; beyond it the numbers are taken for garbage.
const maxGap = 1 << 20

// A Tally is what verification found wrong.
type Tally struct {
	Lost      uint64 `json:"lost"`
	Doubled   uint64 `json:"doubled"`
	Reordered uint64 `json:"reordered"`
	Garbled   uint64 `json:"garbled"` // content changed, unknown sender or wrong receiver
}

func (t *Tally) add(o Tally) {
	t.Lost += o.Lost
	t.Doubled += o.Doubled
	t.Reordered += o.Reordered
	t.Garbled += o.Garbled
}

// Clean says that nothing was wrong.
func (t Tally) Clean() bool { return t == Tally{} }

// A checker verifies streams of numbered messages, one stream per pair of receiver and sender: each number arrives
// once, in order.
type checker struct {
	next    []uint32 // per stream: the number expected
	missing map[missingKey]struct{}
	tally   Tally
}

type missingKey struct {
	stream int
	seq    uint32
}

func newChecker(streams int) *checker {
	return &checker{next: make([]uint32, streams), missing: map[missingKey]struct{}{}}
}

// arrive notes seq on a stream and says whether it counts as a delivery: the first of its number.
func (k *checker) arrive(stream int, seq uint32) bool {
	if n := &k.next[stream]; *n == seq {
		*n = seq + 1
		return true
	}
	return k.outOfOrder(stream, seq)
}

func (k *checker) outOfOrder(stream int, seq uint32) bool {
	n := k.next[stream]
	if seq > n {
		if seq-n > maxGap {
			k.tally.Garbled++
			return false
		}
		for ; n < seq; n++ {
			k.missing[missingKey{stream, n}] = struct{}{}
		}
		k.next[stream] = seq + 1
		return true
	}
	key := missingKey{stream, seq}
	if _, late := k.missing[key]; late {
		delete(k.missing, key)
		k.tally.Reordered++
		return true
	}
	k.tally.Doubled++
	return false
}

// finish counts what never came of the sent messages of each stream.
func (k *checker) finish(sent func(stream int) uint32) Tally {
	t := k.tally
	t.Lost += uint64(len(k.missing))
	for stream, n := range k.next {
		switch s := sent(stream); {
		case s > n:
			t.Lost += uint64(s - n)
		case s < n: // numbers that nobody sent
			t.Garbled += uint64(n - s)
		}
	}
	return t
}
