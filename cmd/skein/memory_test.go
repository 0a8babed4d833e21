package main

import (
	"testing"
	"time"
)

func TestFrugality(t *testing.T) {
	const mega = 1 << 20
	now := time.Now()
	f := new(frugality)
	look := func(u usage) bool {
		now = now.Add(frugalLook)
		return f.due(now, u)
	}
	full := usage{allocated: 100 * mega, inUse: 40 * mega, live: 20 * mega, free: 5 * mega}
	if look(full) {
		t.Error("in the middle of work")
	}
	if !look(full) {
		t.Error("quiet, and not given back")
	}
	lean := usage{allocated: 100 * mega, inUse: 20 * mega, live: 20 * mega, free: mega}
	f.gave(now, full, lean)
	if look(lean) {
		t.Error("for nothing")
	}
	if look(full) {
		t.Error("again, at once")
	}
	for range int(frugalPause / frugalLook) {
		now = now.Add(frugalLook)
	}
	if !look(full) {
		t.Error("not again after the pause")
	}

	// After work everything that it touched is given back, even if the heap has not grown.
	f.gave(now, full, lean)
	now = f.next
	if look(lean) {
		t.Error("rested, and given back again")
	}
	lean.allocated += 100 * mega
	if look(lean) {
		t.Error("in the middle of work again")
	}
	if !look(lean) {
		t.Error("not given back after work")
	}

	// What brings nothing is done ever less often.
	for range 20 {
		f.gave(now, full, full)
	}
	if d := f.next.Sub(now); d != frugalPauseMax {
		t.Errorf("the next time after %v", d)
	}
	f.gave(now, full, lean)
	if d := f.next.Sub(now); d != frugalPause {
		t.Errorf("the next time after %v", d)
	}
}
