//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// A crew is the workers of a run: one goroutine of this process, or several processes.
type crew struct {
	board *board
	n     int
	wait  func() ([]WorkerResult, error)
}

// Descriptors that a worker process inherits.
const (
	inheritedBoard = 3
	inheritedWake  = 4
)

func startCrew(cfg Config) (*crew, error) {
	if cfg.Processes == 1 {
		return startLocal(cfg)
	}
	return startProcesses(cfg)
}

func startLocal(cfg Config) (*crew, error) {
	b := newBoard(&cfg)
	w, err := newWorker(cfg, 0, b, -1)
	if err != nil {
		return nil, err
	}
	done := make(chan WorkerResult, 1)
	go func() { done <- w.run() }()
	return &crew{board: b, n: 1, wait: func() ([]WorkerResult, error) { return []WorkerResult{<-done}, nil }}, nil
}

// A workerOrder is what a worker process reads from its standard input. The input stays open for as long as the
// worker is wanted.
type workerOrder struct {
	Config Config `json:"config"`
	Number int    `json:"number"`
}

func startProcesses(cfg Config) (*crew, error) {
	b, boardFD, err := newSharedBoard(&cfg)
	if err != nil {
		return nil, err
	}
	wakeFD, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	files := []*os.File{os.NewFile(uintptr(boardFD), "board"), os.NewFile(uintptr(wakeFD), "wake")}
	type process struct {
		cmd *exec.Cmd
		in  io.WriteCloser
		out chan WorkerResult
	}
	var procs []process
	stop := func() {
		for _, p := range procs {
			p.in.Close()
			_ = p.cmd.Wait()
		}
		for _, f := range files {
			f.Close()
		}
	}
	for i := range cfg.Processes {
		cmd := exec.Command("/proc/self/exe", "worker")
		cmd.ExtraFiles, cmd.Stderr = files, os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			stop()
			return nil, err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			stop()
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			stop()
			return nil, err
		}
		p := process{cmd, in, make(chan WorkerResult, 1)}
		procs = append(procs, p)
		go func() {
			var r WorkerResult
			if err := json.NewDecoder(out).Decode(&r); err != nil {
				r.Errors = append(r.Errors, fmt.Sprintf("worker %d died: %v", i, err))
				b.failed.Add(1)
			}
			p.out <- r
		}()
		if err := json.NewEncoder(in).Encode(workerOrder{cfg, i}); err != nil {
			stop()
			return nil, err
		}
	}
	return &crew{board: b, n: cfg.Processes, wait: func() ([]WorkerResult, error) {
		var all []WorkerResult
		for _, p := range procs {
			all = append(all, <-p.out)
		}
		stop()
		return all, nil
	}}, nil
}

// workerMain is a worker process: order on standard input, result on standard output.
func workerMain(in io.Reader, out io.Writer) error {
	dec := json.NewDecoder(in)
	var o workerOrder
	if err := dec.Decode(&o); err != nil {
		return fmt.Errorf("worker without orders: %w", err)
	}
	go func() {
		// The end of the input is the end of the coordinator.
		_, _ = io.Copy(io.Discard, in)
		os.Exit(1)
	}()
	b, err := mapBoard(&o.Config, inheritedBoard)
	if err != nil {
		return err
	}
	w, err := newWorker(o.Config, o.Number, b, inheritedWake)
	if err != nil {
		b.failed.Add(1)
		return json.NewEncoder(out).Encode(WorkerResult{Errors: []string{err.Error()}})
	}
	return json.NewEncoder(out).Encode(w.run())
}
