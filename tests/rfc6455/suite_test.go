// Package rfc6455 checks the WebSocket layer of `skein echo` byte by byte. See tests/README.md.
package rfc6455

import (
	"flag"
	"os"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // most cases wait for the other side
		panic(err)
	}
	harness.Main(m)
}

// echoServer returns the URL of the echo server under test: SKEIN_RFC6455_URL, or one of our own.
func echoServer(t *testing.T) string {
	if target := os.Getenv("SKEIN_RFC6455_URL"); target != "" {
		return target
	}
	return harness.Start(t, "echo", "--listen", "127.0.0.1:0", "--max-message", "20MiB").URL
}

func TestConformance(t *testing.T) {
	target := echoServer(t)
	names := map[string]bool{}
	once := func(name string) string {
		if names[name] {
			t.Errorf("two cases are called %q", name)
		}
		names[name] = true
		return name
	}
	t.Run("cases", func(t *testing.T) {
		for _, c := range smallCases() {
			t.Run(once(c.section+" "+c.name), func(t *testing.T) {
				t.Parallel()
				if err := c.run(target); err != nil {
					t.Error(err)
				}
			})
		}
		for _, c := range largeCases() {
			t.Run(once(c.section+" "+c.name), func(t *testing.T) {
				t.Parallel()
				if err := c.build().run(target); err != nil {
					t.Error(err)
				}
			})
		}
	})
	if len(names) < 300 {
		t.Errorf("only %d cases", len(names))
	}
	t.Logf("%d cases", len(names))
}
