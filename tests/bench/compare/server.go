package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A server is one column of the table.
type server struct {
	name string
	bin  string
	args func(listen, admin string, echo bool) []string
	gc   string // path that collects garbage, at admin or, where that is not used, at listen
}

func baselineArgs(listen, _ string, echo bool) []string {
	args := []string{"-listen", listen}
	if echo {
		args = append(args, "-echo")
	}
	return args
}

func skeinArgs(listen, admin string, echo bool) []string {
	if echo {
		return []string{"echo", "--listen", listen}
	}
	return []string{"serve", "--listen", listen, "--admin", admin, "--data", "none", "--log-level", "warn"}
}

// build compiles the load harness and the servers into o.bin.
func build(ctx context.Context, o options) ([]server, error) {
	compile := func(dir, pkg, name string) error {
		bin, err := filepath.Abs(filepath.Join(o.bin, name))
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, pkg)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("go build %s: %w", pkg, err)
		}
		return nil
	}
	if err := compile(o.root, "./cmd/skein-load", "skein-load"); err != nil {
		return nil, err
	}
	var all []server
	for _, name := range o.servers {
		s := server{name: name, bin: filepath.Join(o.bin, name), args: baselineArgs}
		var err error
		switch name {
		case "skein":
			s.args, s.gc = skeinArgs, "/debug/pprof/heap?gc=1"
			err = compile(o.root, "./cmd/skein", name)
		case "floor":
			err = compile(filepath.Join(o.root, "tests/bench"), "./floor", name)
		case "gorilla", "gws":
			s.gc = "/gc"
			err = compile(filepath.Join(o.root, "tests/bench"), "./"+name, name)
		default:
			err = fmt.Errorf("no server %q", name)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// A running server is stopped with stop.
type running struct {
	cmd   *exec.Cmd
	url   string
	gcURL string
}

// start runs s on free ports and waits until it accepts connections.
func (s server) start(ctx context.Context, echo bool) (*running, error) {
	listen, err := freeAddress()
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress()
	if err != nil {
		return nil, err
	}
	r := &running{cmd: exec.Command(s.bin, s.args(listen, admin, echo)...), url: "ws://" + listen + "/"}
	switch {
	case s.gc == "" || echo:
	case s.name == "skein":
		r.gcURL = "http://" + admin + s.gc
	default:
		r.gcURL = "http://" + listen + s.gc
	}
	r.cmd.Stderr = os.Stderr
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if c, err := net.DialTimeout("tcp", listen, time.Second); err == nil {
			c.Close()
			return r, nil
		}
		select {
		case <-ctx.Done():
			r.stop()
			return nil, ctx.Err()
		case <-time.After(25 * time.Millisecond):
		}
	}
	r.stop()
	return nil, errors.New("server does not answer")
}

func (r *running) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(2*time.Second, func() { _ = r.cmd.Process.Kill() })
	_ = r.cmd.Wait()
	kill.Stop()
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
