// Package pystrands checks the PyStrands broker from outside: end clients on WebSockets in front, backends on TCP
// behind it. See tests/README.md.
package pystrands

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

// patience bounds every wait for something that must happen. It only has to be longer than anything that works takes.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	if address := os.Getenv(processVariable); address != "" {
		os.Exit(backendProcess(address))
	}
	// Most tests wait for the other side: more of them side by side than cores.
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(4*max(runtime.GOMAXPROCS(0), 2))); err != nil {
		panic(err)
	}
	harness.MainWithoutLeaks(m)
}

// otherBroker is a program that is tested instead of Skein's broker; it takes the same flags.
func otherBroker() string { return os.Getenv("SKEIN_PYSTRANDS_BIN") }

// upstreamSide says that the broker under test is the one that Skein replaces, with its known faults: vectors that
// tell of a difference may fail.
func upstreamSide() bool { return os.Getenv("SKEIN_PYSTRANDS_SIDE") == "upstream" }

// requireSkein skips tests of what only Skein's broker promises.
func requireSkein(t testing.TB) {
	t.Helper()
	if upstreamSide() {
		t.Skip("SKEIN_PYSTRANDS_SIDE is upstream")
	}
}

// A broker is a running broker with its two ports.
type broker struct {
	server  *harness.Server
	ws, tcp string
}

// brokerConfig starts the broker's program, or the one that is tested instead.
func brokerConfig(args []string) harness.Config {
	// Otherwise the race detector lets every broker live a second longer than it would.
	env := []string{"GORACE=" + os.Getenv("GORACE") + " atexit_sleep_ms=0"}
	if path := otherBroker(); path != "" {
		return harness.Config{Binary: path, Args: args, Env: env}
	}
	return harness.Config{Args: append([]string{"pystrands"}, args...), Env: env}
}

// startBroker starts a broker on free ports and waits until the port for end clients is open. The test's end stops it.
func startBroker(t testing.TB, flags ...string) *broker {
	t.Helper()
	ws, tcp := harness.FreePort(t), harness.FreePort(t)
	args := append([]string{"--ws-port", strconv.Itoa(ws), "--tcp-port", strconv.Itoa(tcp)}, flags...)
	b := &broker{
		server: harness.Launch(t, brokerConfig(args)),
		ws:     net.JoinHostPort("127.0.0.1", strconv.Itoa(ws)),
		tcp:    net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp)),
	}
	if otherBroker() != "" {
		t.Cleanup(b.server.Kill) // before the orderly stop, which others need not know
	}
	conn, err := dialTCP(b.ws)
	if err != nil {
		t.Fatalf("the broker does not listen: %v\n%s", err, b.server.Stderr())
	}
	_ = conn.Close()
	return b
}

// dialTCP connects, and tries again while a broker that has just been started refuses.
func dialTCP(address string) (*net.TCPConn, error) { return dialTCPWith(&net.Dialer{}, address) }

func dialTCPWith(dialer *net.Dialer, address string) (*net.TCPConn, error) {
	deadline := time.Now().Add(patience)
	for {
		conn, err := dialer.Dial("tcp", address)
		switch {
		case err == nil:
			return conn.(*net.TCPConn), nil
		case !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(deadline):
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// brokerBinary builds the broker, so that no test's clock runs meanwhile.
func brokerBinary(t testing.TB) string { return harness.Skein(t) }
