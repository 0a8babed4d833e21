package scratch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A client whose outbox was full gets the latest value of what changed, once.
func TestBehind(t *testing.T) {
	h := newHub(t, Config{})
	a, b := h.join(), h.join()
	h.apply(a, set("v", "0"))
	h.apply(a, set("w", "0"))
	h.flush()
	b.take()
	b.stalled = true
	for i := range 10 {
		h.apply(a, set("v", fmt.Sprint(i)))
		h.flush()
	}
	h.apply(a, set("x", "1"))
	b.stalled = false
	h.catchUp(b, -1)
	wantInbox(t, b, sent("set", "v", "9"), sent("set", "x", "1"))
	h.flush()
	wantInbox(t, b)
	h.apply(a, set("v", "10"))
	h.flush()
	wantInbox(t, b, sent("set", "v", "10"))
}

// It does not get back what it set itself, not even what others had set before.
func TestBehindWithoutOwn(t *testing.T) {
	h := newHub(t, Config{})
	a, b := h.join(), h.join()
	b.stalled = true
	h.apply(a, set("v", "1"))
	h.apply(a, set("w", "1"))
	h.flush()
	h.apply(b, set("v", "2"))
	h.flush()
	b.stalled = false
	h.catchUp(b, -1)
	wantInbox(t, b, sent("set", "w", "1"))
	if frames, ok := h.room.ChangedSince(b.id, b.cursor); len(frames) != 0 || !ok {
		t.Error("still behind")
	}
}

func TestBehindCloudLink(t *testing.T) {
	h := newHub(t, Config{Dialect: CloudLink})
	a, b := h.join(), h.join()
	h.apply(a, set("a", "1"))
	h.apply(a, set("b", "2"))
	h.apply(a, set("c", "3"))
	b.take()
	b.stalled = true
	h.apply(a, remove("a"))
	h.apply(a, rename("b", "z"))
	h.apply(b, set("c", "4"))
	b.stalled = false
	h.catchUp(b, -1)
	wantInbox(t, b, `{"method":"delete","name":"a"}`, `{"method":"delete","name":"b"}`, sent("set", "z", "2"), sent("set", "c", "4"))
}

// A room forgets what was deleted long ago, and with it whoever has not heard of it.
func TestBehindTooFar(t *testing.T) {
	churn := func(h *hub, a *peer, n int) {
		for i := range n {
			h.apply(a, set(fmt.Sprint(i), "1"))
			h.apply(a, remove(fmt.Sprint(i)))
		}
	}
	h := newHub(t, Config{Dialect: CloudLink})
	a, b, c := h.join(), h.join(), h.join()
	b.stalled, c.stalled = true, true
	churn(h, a, maxGraves)
	b.stalled = false
	h.catchUp(b, -1)
	if n := len(b.take()); n != maxGraves || b.lost {
		t.Fatalf("%d deletions, lost: %v", n, b.lost)
	}
	h.apply(a, set("one more", "1"))
	h.apply(a, remove("one more"))
	if _, ok := h.room.ChangedSince(c.id, c.cursor); ok {
		t.Error("the room claims to know everything")
	}
	c.stalled = false
	h.catchUp(c, -1)
	if !c.lost || len(c.take()) != 0 {
		t.Error("a member that missed a deletion goes on")
	}
	churn(h, a, 3*maxGraves)
	if n := len(h.room.vars); n > maxGraves {
		t.Errorf("%d deleted variables remembered", n)
	}
	long := strings.Repeat("x", maxGraveBytes/4)
	for i := range 10 {
		h.apply(a, set(long+fmt.Sprint(i), "1"))
		h.apply(a, remove(long+fmt.Sprint(i)))
	}
	if h.room.deadBytes > maxGraveBytes {
		t.Errorf("%d bytes of deleted names remembered", h.room.deadBytes)
	}
	b.take()
	h.apply(a, set("after", "1"))
	wantInbox(t, b, sent("set", "after", "1"))
}

// The state of a room with large values comes in several frames, in order, and changes meanwhile come once.
func TestLargeState(t *testing.T) {
	h := newHub(t, Config{})
	a := h.join()
	value := `"` + strings.Repeat("9", 40_000) + `"`
	for i := range 10 {
		h.apply(a, set(fmt.Sprint("v", i), value))
	}
	h.flush()
	if n := len(h.room.State()); n != 5 {
		t.Errorf("%d frames", n)
	}
	h.last++
	b := &peer{id: h.last, cursor: h.room.Join(), behind: true}
	h.peers = append(h.peers, b)
	h.catchUp(b, 2)
	if n := len(b.take()); n != 4 {
		t.Fatalf("%d variables in two frames", n)
	}
	h.apply(a, set("v1", "1"))
	h.apply(a, set("v9", "2"))
	h.apply(a, set("new", "3"))
	h.flush()
	h.catchUp(b, -1)
	wantInbox(t, b, sent("set", "v4", value), sent("set", "v5", value), sent("set", "v6", value), sent("set", "v7", value),
		sent("set", "v8", value), sent("set", "v1", "1"), sent("set", "v9", "2"), sent("set", "new", "3"))
}

// Walking through a large room costs the same for each frame.
func TestLargeStateCloudLink(t *testing.T) {
	h := newHub(t, Config{Dialect: CloudLink})
	a := h.join()
	const n = 10_000
	for i := range n {
		h.apply(a, set(fmt.Sprint(i), "1"))
	}
	if got := len(h.room.State()); got != n {
		t.Errorf("%d frames", got)
	}
	frames, ok := h.room.ChangedSince(0, Cursor{})
	if len(frames) != n || !ok {
		t.Errorf("%d frames", len(frames))
	}
}

// Where a newcomer's state goes on survives whatever happens to the variable that would have been next.
func TestLargeStateChangesUnderneath(t *testing.T) {
	value := `"` + strings.Repeat("9", 70_000) + `"` // one variable per frame
	for _, test := range []struct {
		change Change
		want   []string // names after a
	}{
		{rename("d", "b"), []string{"b", "c"}},
		{rename("b", "d"), []string{"c", "d"}},
		{rename("b", "z"), []string{"c", "d", "z"}},
		{remove("b"), []string{"c", "d"}},
		{set("b", "1"), []string{"c", "d", "b"}},
	} {
		h := newHub(t, Config{Rename: true, Delete: true})
		a := h.join()
		for _, name := range []string{"a", "b", "c", "d"} {
			h.apply(a, set(name, value))
		}
		h.flush()
		h.last++
		b := &peer{id: h.last, cursor: h.room.Join(), behind: true}
		h.peers = append(h.peers, b)
		h.catchUp(b, 1)
		if got := b.take(); len(got) != 1 || parseEvent(t, got[0]).Name != "a" {
			t.Fatalf("%d variables in the first frame", len(got))
		}
		h.apply(a, test.change)
		h.catchUp(b, -1)
		var got []string
		for _, text := range b.take() {
			got = append(got, parseEvent(t, text).Name)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: %q, want %q", test.change, got, test.want)
		}
	}
}
