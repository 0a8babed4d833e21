package pystrands

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// processVariable makes the test's own binary a backend process; it holds the address of the backend port.
const processVariable = "SKEIN_PYSTRANDS_PROCESS"

// backendProcess accepts everybody under the name that the path ends with, and writes what it sees to standard output
// as soon as it has seen it: the action, the client and the first word of the message. That word is sent back.
func backendProcess(address string) int {
	conn, err := dialTCPWith(smallDialer(), address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer conn.Close()
	write := func(action, requestID string, params object) {
		text, _ := json.Marshal(object{"action": action, "request_id": requestID, "params": params})
		_, _ = conn.Write(append(text, '\n'))
	}
	write("heartbeat", "heartbeat", object{})
	fmt.Println("connected")
	r := bufio.NewReader(conn)
	for {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return 0
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		l := parseLine(text)
		number, _, _ := strings.Cut(l.message(), " ")
		switch l.action() {
		case "connection_request":
			url, _ := l.params()["url"].(string)
			write("response", l.requestID(), object{"client_id": strings.TrimPrefix(url, "/ws/"), "room_id": "all"})
		case "new_message":
			write("message_to_connection", "1", object{"conn_id": l.clientID(), "message": number})
		}
		fmt.Println(l.action(), l.clientID(), number)
	}
}

// A process is a running backend process.
type process struct {
	name string
	cmd  *exec.Cmd
	seen func(p *process, action, client, message string)
	up   chan struct{} // closed when it has connected
	done chan struct{} // closed when it has ended and all it wrote has been read
}

// startProcess starts a backend process; seen is called for each event that it has seen. The test's end kills it.
func startProcess(t testing.TB, name, address string, seen func(p *process, action, client, message string)) *process {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	p := &process{name: name, cmd: exec.Command(self), seen: seen, up: make(chan struct{}), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), processVariable+"="+address)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	must(t, err)
	must(t, p.cmd.Start())
	go p.collect(out)
	t.Cleanup(p.kill)
	return p
}

func (p *process) collect(out io.Reader) {
	defer close(p.done)
	r := bufio.NewReader(out)
	for {
		text, err := r.ReadString('\n')
		if err != nil { // a line in part: it was killed while it wrote
			break
		}
		action, rest, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
		if action == "connected" {
			close(p.up)
			continue
		}
		client, message, _ := strings.Cut(rest, " ")
		p.seen(p, action, client, message)
	}
	_ = p.cmd.Wait()
}

func (p *process) waitUntilUp(t testing.TB) {
	t.Helper()
	select {
	case <-p.up:
	case <-p.done:
		t.Fatalf("%s has ended", p.name)
	case <-time.After(patience):
		t.Fatalf("%s does not connect", p.name)
	}
}

// kill ends the process as SIGKILL does and returns when all it has seen is known.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}
