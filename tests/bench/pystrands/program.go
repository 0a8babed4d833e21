//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// A program is one column of the table.
type program struct {
	name   string
	bin    string
	args   []string
	broker bool // takes a backend; otherwise it is `skein serve`
}

// A report is what is read of skein-load's.
type report struct {
	Server struct {
		CPUMicrosPerOp float64 `json:"cpu_micros_per_op"`
	} `json:"server"`
	Memory struct {
		BytesPerClient float64 `json:"bytes_per_client"`
	} `json:"memory"`
}

// measure runs one scenario against a fresh program.
func measure(ctx context.Context, o options, p program, sc scenario) (float64, error) {
	front, back, err := freeAddresses()
	if err != nil {
		return 0, err
	}
	_, frontPort, _ := net.SplitHostPort(front)
	_, backPort, _ := net.SplitHostPort(back)
	dialect, url, args := "serve", "ws://"+front+"/", append([]string(nil), p.args...)
	if p.broker {
		dialect, url, args = "broker", url+"ws/room", append(args, "--ws-port", frontPort, "--tcp-port", backPort)
	} else {
		args = append(args, "--listen", front)
	}
	server, err := start(p.bin, args, front)
	if err != nil {
		return 0, err
	}
	defer stop(server)
	if p.broker {
		self, err := os.Executable()
		if err != nil {
			return 0, err
		}
		backend, err := start(self, []string{"-backend", back}, back)
		if err != nil {
			return 0, err
		}
		defer stop(backend)
		// A client is let in as soon as the backend is attached; until then the status is another one.
		if err := waitFor(ctx, func() bool { return letIn(front) }); err != nil {
			return 0, errors.New("the backend lets nobody in")
		}
	}
	file := filepath.Join(os.TempDir(), fmt.Sprintf("pystrands-bench-%d.json", os.Getpid()))
	defer os.Remove(file)
	load := append(sc.args(o, dialect), "--url", url, "--pid", strconv.Itoa(server.Process.Pid), "--json", file)
	out, err := exec.CommandContext(ctx, filepath.Join(o.root, "bin", "skein-load"), load...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("skein-load: %w\n%s", err, out)
	}
	if o.verbose {
		os.Stderr.Write(out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return 0, err
	}
	return sc.take(r), nil
}

// start runs a program and waits until an address accepts connections. What it logs is thrown away.
func start(bin string, args []string, address string) (*exec.Cmd, error) {
	cmd := exec.Command(bin, args...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	err := waitFor(context.Background(), func() bool {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
	if err != nil {
		stop(cmd)
		return nil, fmt.Errorf("%s does not answer at %s", bin, address)
	}
	return cmd, nil
}

// letIn tries a handshake.
func letIn(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprintf(c, "GET /ws/room HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	answer := make([]byte, 12)
	_, err = c.Read(answer)
	return err == nil && string(answer) == "HTTP/1.1 101"
}

func waitFor(ctx context.Context, ok func() bool) error {
	for range 200 {
		if ok() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(25 * time.Millisecond):
		}
	}
	return errors.New("it takes too long")
}

func stop(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait()
	kill.Stop()
}

// freeAddresses returns two addresses that nobody listens on.
func freeAddresses() (string, string, error) {
	a, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer a.Close()
	b, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer b.Close()
	return a.Addr().String(), b.Addr().String(), nil
}
