//go:build linux

package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also is the worker process of runs with several processes, and the backend: they start this binary again.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" {
		if workerMain(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) == 3 && os.Args[1] == "backend" {
		if backendMain(os.Args[2], os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
