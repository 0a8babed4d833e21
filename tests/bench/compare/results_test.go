package main

import (
	"strings"
	"testing"

	"github.com/skeinhq/skein/tests/bench/rounds"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := rounds.Median(c.in); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

func TestConnectIsComparedWithTheUpgradeAlone(t *testing.T) {
	r := results{}
	r.add("upgrade", "floor", 20)
	r.add("connect", "floor", 40)
	r.add("connect", "skein", 60)
	todo, err := selectScenarios([]string{"connect"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	r.print(&b, todo, []server{{name: "floor"}, {name: "skein"}})
	if !strings.Contains(b.String(), "60.00 µs (3.00)") {
		t.Error(b.String())
	}
}
