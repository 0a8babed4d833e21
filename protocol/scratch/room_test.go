package scratch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func wantVariables(t *testing.T, r *Room, want ...string) {
	t.Helper()
	var got []string
	for _, v := range r.Snapshot() {
		got = append(got, v.Name+"="+v.Value)
	}
	if !slices.Equal(got, want) || r.Len() != len(want) {
		t.Fatalf("variables %q, want %q", got, want)
	}
}

func TestRoomTurboWarp(t *testing.T) {
	h := newHub(t, Config{})
	a, b, c := h.join(), h.join(), h.join()
	wantInbox(t, a)
	if out := h.apply(a, set("v", `10`)); !out.Changed || !out.Pending || out.Flush {
		t.Fatalf("%+v", out)
	}
	wantInbox(t, b)
	h.flush()
	wantInbox(t, a)
	wantInbox(t, b, sent("set", "v", "10"))
	wantInbox(t, c, sent("set", "v", "10"))
	if out := h.apply(a, set("v", `10`)); out.Changed || !out.Pending {
		t.Fatalf("same value: %+v", out)
	}
	h.apply(b, create("w", `"1"`))
	h.apply(a, set("v", `"10"`))
	h.flush()
	wantInbox(t, a, sent("set", "w", `"1"`))
	wantInbox(t, b, sent("set", "v", "10"), sent("set", "v", `"10"`))
	wantInbox(t, c, sent("set", "v", "10"), sent("set", "w", `"1"`), sent("set", "v", `"10"`))
	wantVariables(t, h.room, `v="10"`, `w="1"`)
	wantInbox(t, h.join(), sent("set", "v", `"10"`), sent("set", "w", `"1"`))
	h.flush()
	wantInbox(t, a)
}

// A newcomer sees what waits for the flush as part of the state, and nothing twice.
func TestRoomJoinBetweenFlushes(t *testing.T) {
	h := newHub(t, Config{})
	a := h.join()
	h.apply(a, set("v", "1"))
	b := h.join()
	wantInbox(t, b, sent("set", "v", "1"))
	h.apply(a, set("v", "2"))
	h.apply(b, set("w", "1"))
	c := h.join()
	wantInbox(t, c, sent("set", "v", "2"), sent("set", "w", "1"))
	h.flush()
	wantInbox(t, a, sent("set", "w", "1"))
	wantInbox(t, b, sent("set", "v", "2"))
	wantInbox(t, c)
}

func TestRoomAtOnce(t *testing.T) {
	h := newHub(t, Config{FlushInterval: -1})
	a, b := h.join(), h.join()
	if out := h.apply(a, set("v", "1")); !out.Flush {
		t.Fatal("not sent at once")
	}
	wantInbox(t, a)
	wantInbox(t, b, sent("set", "v", "1"))
}

func TestRoomFlushesLargeBatches(t *testing.T) {
	h := newHub(t, Config{})
	a, b := h.join(), h.join()
	value := `"` + strings.Repeat("9", 20_000) + `"`
	for i := range 4 {
		if out := h.apply(a, set("v", value)); out.Flush != (i == 3) {
			t.Fatalf("update %d: %+v", i, out)
		}
	}
	if n := len(b.take()); n != 4 {
		t.Fatalf("%d messages", n)
	}
}

func TestRoomVariableLimit(t *testing.T) {
	h := newHub(t, Config{Variables: 2, Rename: true})
	a, b := h.join(), h.join()
	h.apply(a, set("v", "1"))
	h.apply(a, set("w", "1"))
	h.apply(a, set("v", "2"))
	if out := h.apply(b, set("x", "1")); out != (Outcome{Close: Ending{Code: 4000}}) {
		t.Fatalf("%+v", out)
	}
	h.apply(a, rename("v", "☁ x"))
	h.apply(a, set("w", "3"))
	if !a.ending.IsZero() {
		t.Fatal("the other one was closed too")
	}
	wantVariables(t, h.room, "w=3", "☁ x=2")

	h = newHub(t, Config{Dialect: CloudLink, Variables: 1})
	a = h.join()
	h.apply(a, create("v", "1"))
	h.apply(a, rename("v", "w"))
	if out := h.apply(a, rename("x", "y")); out.Close.Code != 4000 {
		t.Fatalf("%+v", out)
	}
	wantVariables(t, h.room, "w=1")

	h = newHub(t, Config{Dialect: CloudLink})
	a = h.join()
	for i := range 1000 {
		if out := h.apply(a, set(fmt.Sprint(i), "1")); !out.Changed {
			t.Fatalf("variable %d: %+v", i, out)
		}
	}
}

func TestRoomTurboWarpRenameDelete(t *testing.T) {
	start := func() (*hub, *peer, *peer) {
		h := newHub(t, Config{Rename: true, Delete: true})
		a, b := h.join(), h.join()
		h.apply(a, set("a", "1"))
		h.apply(a, set("b", "2"))
		h.apply(a, set("c", "3"))
		h.flush()
		b.take()
		return h, a, b
	}
	quietly := func(t *testing.T, h *hub, b *peer) {
		t.Helper()
		h.flush()
		wantInbox(t, b)
	}
	t.Run("rename", func(t *testing.T) {
		h, a, b := start()
		if out := h.apply(a, rename("a", "z")); out != (Outcome{Changed: true}) {
			t.Fatalf("%+v", out)
		}
		quietly(t, h, b)
		wantVariables(t, h.room, "b=2", "c=3", "z=1")
	})
	t.Run("rename to one that exists", func(t *testing.T) {
		h, a, b := start()
		h.apply(a, rename("c", "b"))
		quietly(t, h, b)
		wantVariables(t, h.room, "a=1", "b=3")
	})
	t.Run("rename to itself", func(t *testing.T) {
		h, a, b := start()
		if out := h.apply(a, rename("a", "a")); out.Changed || !out.Close.IsZero() {
			t.Fatalf("%+v", out)
		}
		quietly(t, h, b)
		wantVariables(t, h.room, "a=1", "b=2", "c=3")
	})
	t.Run("rename unknown", func(t *testing.T) {
		h, a, b := start()
		if out := h.apply(a, rename("x", "y")); out.Close != (Ending{Code: 4000}) {
			t.Fatalf("%+v", out)
		}
		quietly(t, h, b)
		wantVariables(t, h.room, "a=1", "b=2", "c=3")
	})
	t.Run("delete", func(t *testing.T) {
		h, a, b := start()
		if out := h.apply(a, remove("b")); out != (Outcome{Changed: true}) {
			t.Fatalf("%+v", out)
		}
		quietly(t, h, b)
		wantVariables(t, h.room, "a=1", "c=3")
		wantInbox(t, h.join(), sent("set", "a", "1"), sent("set", "c", "3"))
	})
	t.Run("delete unknown", func(t *testing.T) {
		h, a, _ := start()
		if out := h.apply(a, remove("x")); out.Close != (Ending{Code: 4000}) {
			t.Fatalf("%+v", out)
		}
	})
}

func TestRoomCloudLink(t *testing.T) {
	start := func() (*hub, *peer, *peer) {
		h := newHub(t, Config{Dialect: CloudLink})
		a, b := h.join(), h.join()
		h.apply(a, set("a", "1"))
		h.apply(a, create("b", "2"))
		h.apply(a, set("c", "3"))
		a.take()
		wantInbox(t, b, sent("set", "a", "1"), sent("create", "b", "2"), sent("set", "c", "3"))
		return h, a, b
	}
	both := func(t *testing.T, a, b *peer, want ...string) {
		t.Helper()
		wantInbox(t, a, want...)
		wantInbox(t, b, want...)
	}
	renamed := func(name, to string) string {
		return `{"method":"rename","name":"` + name + `","new_name":"` + to + `"}`
	}
	t.Run("set", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, set("a", "5"))
		both(t, a, b, sent("set", "a", "5"))
		wantVariables(t, h.room, "a=5", "b=2", "c=3")
	})
	t.Run("same value", func(t *testing.T) {
		h, a, b := start()
		for _, same := range []string{"1", "1.0"} {
			if out := h.apply(b, set("a", same)); out != (Outcome{}) {
				t.Fatalf("%s: %+v", same, out)
			}
		}
		both(t, a, b)
		h.apply(b, set("a", `"1"`))
		both(t, a, b, sent("set", "a", `"1"`))
	})
	t.Run("create", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, create("b", "2"))
		h.apply(b, create("b", "5"))
		both(t, a, b, sent("create", "b", "2"), sent("create", "b", "5"))
		wantInbox(t, h.join(), sent("set", "a", "1"), sent("set", "b", "5"), sent("set", "c", "3"))
	})
	t.Run("rename", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, rename("a", "z"))
		both(t, a, b, renamed("a", "z"))
		wantInbox(t, h.join(), sent("set", "b", "2"), sent("set", "c", "3"), sent("set", "z", "1"))
	})
	t.Run("rename to one that exists", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, rename("c", "a"))
		both(t, a, b, renamed("c", "a"))
		wantVariables(t, h.room, "a=3", "b=2")
	})
	t.Run("rename to itself", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, rename("a", "a"))
		both(t, a, b, renamed("a", "a"))
		wantVariables(t, h.room, "a=1", "b=2", "c=3")
	})
	t.Run("rename unknown", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, rename("no", "yes"))
		both(t, a, b, renamed("no", "yes"))
		wantInbox(t, h.join(), sent("set", "a", "1"), sent("set", "b", "2"), sent("set", "c", "3"), sent("set", "yes", `""`))
	})
	t.Run("delete", func(t *testing.T) {
		h, a, b := start()
		h.apply(b, remove("a"))
		both(t, a, b, `{"method":"delete","name":"a"}`)
		wantVariables(t, h.room, "b=2", "c=3")
		h.apply(b, set("a", "1"))
		both(t, a, b, sent("set", "a", "1"))
		wantVariables(t, h.room, "b=2", "c=3", "a=1")
	})
	t.Run("delete unknown", func(t *testing.T) {
		h, a, b := start()
		if out := h.apply(b, remove("x")); out != (Outcome{}) {
			t.Fatalf("%+v", out)
		}
		both(t, a, b)
	})
}

// Names are written so that any client can read them.
func TestRoomNames(t *testing.T) {
	for _, name := range []string{"", "☁ score", `quote " and \ backslash`, "line\nbreak", "\x00\x1f", "<&>", "\u2028"} {
		h := newHub(t, Config{Dialect: CloudLink})
		a := h.join()
		for _, c := range []Change{set(name, "1"), rename(name, name+"2"), remove(name + "2")} {
			h.apply(a, c)
			got := a.take()
			if len(got) != 1 {
				t.Fatalf("%q: %q", name, got)
			}
			e := parseEvent(t, got[0])
			if e.Name != c.Name || e.NewName != c.NewName {
				t.Errorf("%q became %s", name, got[0])
			}
		}
	}
}

func TestRoomRestore(t *testing.T) {
	h := newHub(t, Config{Variables: 1})
	h.room.Restore([]Saved{{Variable{"a", "1"}, 1}, {Variable{"b", "2"}, 7}, {Variable{"c", "3"}, 8}})
	wantVariables(t, h.room, "a=1", "b=2", "c=3")
	a := h.join()
	wantInbox(t, a, sent("set", "a", "1"), sent("set", "b", "2"), sent("set", "c", "3"))
	h.apply(a, set("b", "5"))
	h.flush()
	wantInbox(t, a)
	for name, order := range map[string]uint64{"a": 1, "b": 7, "c": 8} {
		if v, ok := h.room.Saved(name); !ok || v.Order != order {
			t.Errorf("%s is saved as %+v, not with order %d", name, v, order)
		}
	}
	h.room.Restore(nil)
	wantVariables(t, h.room)
	if v, ok := h.room.Saved("a"); ok {
		t.Errorf("%+v is saved although it is gone", v)
	}
}

func TestRoomSharesFrames(t *testing.T) {
	h := newHub(t, Config{})
	peers := make([]*peer, 10)
	for i := range peers {
		peers[i] = h.join()
	}
	h.apply(peers[0], set("v", "1"))
	h.apply(peers[1], set("w", "1"))
	h.flush()
	counts := map[int]int{}
	for _, n := range h.frames {
		counts[n]++
	}
	if len(counts) != 2 || counts[8] != 1 || counts[1] != 2 {
		t.Fatalf("frames by number of receivers: %v", counts)
	}
}
