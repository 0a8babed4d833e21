//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is a running program.
type server struct {
	cmd     *exec.Cmd
	address string
}

// start runs a program and waits until it accepts connections.
func start(o options, p program) (*server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := ln.Addr().String()
	_ = ln.Close()
	bin, args := p.command(o, address)
	s := &server{exec.Command(bin, args...), address}
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = c.Close()
			return s, nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("%s does not answer at %s", bin, address)
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(10*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	kill.Stop()
}

// cpu is the CPU time that the program has used, in user mode and in the kernel: that of its threads that live, which
// are all, to the nanosecond.
func (s *server) cpu() (time.Duration, error) {
	folder := fmt.Sprintf("/proc/%d/task", s.cmd.Process.Pid)
	tasks, err := os.ReadDir(folder)
	if err != nil {
		return 0, err
	}
	var all time.Duration
	for _, task := range tasks {
		text, err := os.ReadFile(folder + "/" + task.Name() + "/schedstat")
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			return 0, err
		}
		all += time.Duration(n)
	}
	return all, nil
}

// resident is how much memory the program has, in bytes.
func (s *server) resident() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, text, found := bytes.Cut(text, []byte("VmRSS:"))
	var kilobytes float64
	if n, err := fmt.Sscan(string(text), &kilobytes); !found || n != 1 {
		return 0, errors.Join(errors.New("no VmRSS"), err)
	}
	return kilobytes * 1024, nil
}
