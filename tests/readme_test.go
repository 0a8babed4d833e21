package tests

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/skeinhq/skein/tests/harness"
)

const (
	commandTimeout = 5 * time.Minute  // one block, a cold build included
	startTimeout   = 2 * time.Minute  // until a server says where it listens
	endTimeout     = 30 * time.Second // after SIGTERM
)

// A block is a fenced block of a Markdown file that is to be run.
type block struct {
	line       int
	script     string
	background bool
}

// readmeFiles are the files whose commands are run.
var readmeFiles = []string{"README.md"}

// TestReadmeCommands runs the marked commands of the README in a copy of the tree, in their order. tests/README.md
// says how to mark them.
func TestReadmeCommands(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range readmeFiles {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			blocks, err := runnable(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(blocks) == 0 {
				t.Fatal("no block is marked `sh run`")
			}
			tree := t.TempDir()
			copyTree(t, root, tree)
			runBlocks(t, tree, blocks)
		})
	}
}

// runnable finds blocks whose info string is `sh run` or `sh run background`.
func runnable(markdown string) ([]block, error) {
	var blocks []block
	var current *block
	fence, run := "", false
	for i, line := range strings.Split(markdown, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence == "" && (strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~")):
			fence = trimmed[:3]
			words := strings.Fields(trimmed[3:])
			run = len(words) > 1 && words[1] == "run"
			if !run {
				continue
			}
			if words[0] != "sh" || len(words) > 3 || len(words) == 3 && words[2] != "background" {
				return nil, fmt.Errorf("line %d: a block to be run is marked `sh run` or `sh run background`, not %q", i+1, trimmed[3:])
			}
			current = &block{line: i + 1, background: len(words) == 3}
		case fence != "" && trimmed == fence:
			if run {
				blocks = append(blocks, *current)
			}
			fence, run = "", false
		case run:
			current.script += line + "\n"
		}
	}
	if fence != "" {
		return nil, errors.New("a fenced block is not closed")
	}
	return blocks, nil
}

// copyTree copies what git knows or would know, as it is in the work tree.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = from
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

// runBlocks runs blocks in their order. A block in the background runs until the next one in the background starts
// or all are done; then it is stopped with SIGTERM and must end well.
func runBlocks(t *testing.T, dir string, blocks []block) {
	t.Helper()
	var server *process
	defer func() { server.stop(t) }()
	for _, b := range blocks {
		if b.background {
			server.stop(t)
			server = launch(t, dir, b)
			if !server.wait(startTimeout, listening.MatchString) {
				t.Fatalf("line %d: says nowhere that it listens\n%s", b.line, server.output())
			}
			continue
		}
		p := launch(t, dir, b)
		select {
		case <-p.done:
		case <-time.After(commandTimeout):
			p.signal(syscall.SIGKILL)
			<-p.done
		}
		if p.err != nil {
			t.Fatalf("line %d: %v\n%s%s", b.line, p.err, b.script, p.output())
		}
	}
}

var listening = regexp.MustCompile(`(wss?|https?|tcp)://[^\s"]+:\d+`)

// process is a shell with everything it has started.
type process struct {
	block
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func launch(t *testing.T, dir string, b block) *process {
	t.Helper()
	p := &process{block: b, cmd: exec.Command("bash", "-euo", "pipefail", "-c", b.script), done: make(chan struct{}), grew: make(chan struct{})}
	// The python3 that has the packages of the system, should there be several.
	// What servers keep stays in the copy.
	p.cmd.Env = append(os.Environ(), "PATH=/usr/bin:"+os.Getenv("PATH"), "STATE_DIRECTORY="+filepath.Join(dir, ".state"))
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that a signal reaches what the shell has started
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		select {
		case <-p.done:
		default:
			p.signal(syscall.SIGKILL)
			<-p.done
		}
	})
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.grew)
	p.grew = make(chan struct{})
	return p.text.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// wait waits until the output fits.
func (p *process) wait(limit time.Duration, fits func(string) bool) bool {
	deadline := time.After(limit)
	for {
		p.mu.Lock()
		ok, grew := fits(p.text.String()), p.grew
		p.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-grew:
		case <-p.done:
			return fits(p.output())
		case <-deadline:
			return false
		}
	}
}

func (p *process) signal(sig syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, sig) }

// stop ends a server. Nil is no server.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if p == nil {
		return
	}
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(endTimeout):
		p.signal(syscall.SIGKILL)
		<-p.done
		t.Errorf("line %d: does not end on SIGTERM\n%s", p.line, p.output())
	}
	var exit *exec.ExitError
	// make, which gets the signal too, may be told of it while it reaps the child that has ended already; GNU make 4.3
	// then says this and ends with 2.
	raced := strings.Contains(p.output(), "*** wait: No child processes.")
	if errors.As(p.err, &exit) && !endedBySIGTERM(exit) && !raced {
		t.Errorf("line %d: %v\n%s", p.line, p.err, p.output())
	}
	if found := harness.Trouble(p.output()); found != "" {
		t.Errorf("line %d: left %q\n%s", p.line, found, p.output())
	}
}

// endedBySIGTERM: the shell, and make, end by the signal that their child has handled well.
func endedBySIGTERM(exit *exec.ExitError) bool {
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == syscall.SIGTERM || status.ExitStatus() == 128+int(syscall.SIGTERM))
}

func TestRunnableBlocks(t *testing.T) {
	const markdown = "# x\n```sh run\necho a\necho b\n```\ntext\n```sh\nnot this\n```\n  ~~~sh run background\n  serve\n  ~~~\n```go\nrun()\n```\n"
	got, err := runnable(markdown)
	want := []block{{2, "echo a\necho b\n", false}, {10, "  serve\n", true}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"```sh run\necho", "```go run\n```", "```sh run later\n```", "```sh run background now\n```"} {
		if _, err := runnable(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestBlocksShareATree(t *testing.T) {
	dir := t.TempDir()
	runBlocks(t, dir, []block{
		{line: 1, script: "echo one > file\n"},
		{line: 2, script: "trap 'echo ended > end; exit 0' TERM\necho http://127.0.0.1:1/\nwhile :; do sleep 0.05; done\n", background: true},
		{line: 3, script: "grep -q one file\ntest ! -e end\n"},
	})
	if _, err := os.Stat(filepath.Join(dir, "end")); err != nil {
		t.Errorf("the background block was not ended by SIGTERM: %v", err)
	}
}
