// Package harness starts the built programs for black-box tests: it waits until they listen, stops them in an
// orderly way, and fails the test when they leave traces of a panic or of a data race.
package harness

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	readyTimeout = 30 * time.Second // a race-enabled binary on a busy machine needs a while
	stopTimeout  = 30 * time.Second
)

var (
	listenURL = regexp.MustCompile(`wss?://[0-9a-f.\[\]:]+:\d+/`)
	trouble   = regexp.MustCompile(`(?m)DATA RACE|^panic: |^fatal error: |goroutine \d+ \[running\]`)
)

// Server is a running program under test.
type Server struct {
	// URL is the first WebSocket URL that the program printed; URLs holds them all, in order.
	URL  string
	URLs []string

	t      testing.TB
	cmd    *exec.Cmd
	stopMu sync.Mutex
	ended  bool

	mu     sync.Mutex
	log    strings.Builder
	urls   []string
	grew   chan struct{} // closed and replaced whenever log grows
	exited chan struct{}
	err    error // of Wait, valid after exited is closed
}

// Config says how to start a program. The zero value of every field but Args works.
type Config struct {
	Binary    string   // empty means the server's binary
	Args      []string // without the program's name
	Env       []string // added to the environment of the test, in which SKEIN_DATA is none
	Dir       string   // working directory
	Stdout    bool     // what it prints to standard output belongs to its log
	Listeners int      // how many URLs to wait for; zero means one
}

// Start starts `skein ARGS...` and waits until it listens. The test's end stops it.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return Run(t, Config{Args: args})
}

// Run is Start with every choice.
func Run(t testing.TB, c Config) *Server {
	t.Helper()
	s := Launch(t, c)
	want := max(c.Listeners, 1)
	if !s.waitFor(readyTimeout, func() bool { return len(s.urls) >= want }) {
		t.Fatalf("%s printed no WebSocket URL\n%s", strings.Join(s.cmd.Args, " "), s.Stderr())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.URLs = append([]string(nil), s.urls...)
	s.URL = s.URLs[0]
	return s
}

// Launch starts a program without waiting for anything, for those that are meant to refuse to start.
func Launch(t testing.TB, c Config) *Server {
	t.Helper()
	if c.Binary == "" {
		c.Binary = Skein(t)
	}
	s := &Server{t: t, cmd: exec.Command(c.Binary, c.Args...), grew: make(chan struct{}), exited: make(chan struct{})}
	// No test writes into the home of whoever runs it, and servers side by side do not meet at one file.
	s.cmd.Env = append(append(os.Environ(), "SKEIN_DATA=none"), c.Env...)
	s.cmd.Dir = c.Dir
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = write
	if c.Stdout {
		s.cmd.Stdout = write
	}
	err = s.cmd.Start()
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	go s.collect(read)
	t.Cleanup(s.Stop)
	return s
}

// collect reads standard error until the program has closed it, then reaps the program.
func (s *Server) collect(r io.ReadCloser) {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		s.mu.Lock()
		s.log.WriteString(line)
		for _, url := range listenURL.FindAllString(line, -1) {
			if !slices.Contains(s.urls, url) {
				s.urls = append(s.urls, url)
			}
		}
		close(s.grew)
		s.grew = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			break
		}
	}
	_ = r.Close()
	s.err = s.cmd.Wait()
	close(s.exited)
}

// waitFor waits until ok, which is called with s.mu held, says so. It gives up when the program has ended.
func (s *Server) waitFor(limit time.Duration, ok func() bool) bool {
	deadline := time.After(limit)
	for {
		s.mu.Lock()
		done, grew := ok(), s.grew
		s.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-grew:
		case <-s.exited:
			s.mu.Lock()
			defer s.mu.Unlock()
			return ok()
		case <-deadline:
			return false
		}
	}
}

// WaitLog waits until standard error contains text.
func (s *Server) WaitLog(text string) {
	s.t.Helper()
	if !s.waitFor(readyTimeout, func() bool { return strings.Contains(s.log.String(), text) }) {
		s.t.Fatalf("the log does not say %q\n%s", text, s.Stderr())
	}
}

// Stderr returns what the program has written to standard error so far.
func (s *Server) Stderr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Pid returns the process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Signal sends a signal to the program.
func (s *Server) Signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Wait waits for the program to end by itself and returns its exit status.
func (s *Server) Wait(limit time.Duration) int {
	s.t.Helper()
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	select {
	case <-s.exited:
	case <-time.After(limit):
		_ = s.cmd.Process.Kill()
		<-s.exited
		s.t.Errorf("%s did not end within %v\n%s", strings.Join(s.cmd.Args, " "), limit, s.Stderr())
	}
	s.ended = true
	s.checkLog()
	return s.cmd.ProcessState.ExitCode()
}

// Stop ends the program with SIGTERM and checks that it ends cleanly. The test's end calls it; a second call does
// nothing.
func (s *Server) Stop() {
	s.t.Helper()
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("SIGTERM: %v", err)
	}
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.exited
		s.t.Errorf("%s did not stop on SIGTERM\n%s", strings.Join(s.cmd.Args, " "), s.Stderr())
	}
	if s.err != nil {
		s.t.Errorf("%s: %v\n%s", strings.Join(s.cmd.Args, " "), s.err, s.Stderr())
	}
	s.checkLog()
}

// Kill ends the program at once. What it leaves behind is up to the test.
func (s *Server) Kill() {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	s.ended = true
	_ = s.cmd.Process.Kill()
	<-s.exited
}

func (s *Server) checkLog() {
	s.t.Helper()
	if found := Trouble(s.Stderr()); found != "" {
		s.t.Errorf("%s left %q on standard error:\n%s", strings.Join(s.cmd.Args, " "), found, s.Stderr())
	}
}

// Trouble returns the first trace of a panic or data race in a program's standard error, or nothing.
func Trouble(stderr string) string { return trouble.FindString(stderr) }
