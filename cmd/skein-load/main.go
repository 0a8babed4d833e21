//go:build linux

// Command skein-load drives servers of CloudLink 4, Scratch cloud variables, PyStrands and SimpleServer, and WebSocket echo
// servers, with load and verifies every message: that it arrives, once, in order. It tells what the server's CPU time
// per message and its memory per client are when it knows the process id.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitFailed = 1 // the run or a check failed
	exitUsage  = 2
)

// errFailed says that a report was printed and is not good.
var errFailed = errors.New("failed")

// errUsage marks mistakes in the command line.
type errUsage struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newRoot().ExecuteContext(ctx)
	stop()
	var usage errUsage
	switch {
	case err == nil:
	case errors.Is(err, errFailed):
		os.Exit(exitFailed)
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "skein-load:", err)
		os.Exit(exitUsage)
	default:
		fmt.Fprintln(os.Stderr, "skein-load:", err)
		os.Exit(exitFailed)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "skein-load",
		Short:         "Load for servers of CloudLink 4, Scratch, PyStrands and SimpleServer, every message verified",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errUsage{err} })
	root.AddCommand(newFanoutCommand(), newEchoCommand(), newIdleCommand(), newConnectCommand(), newMixedCommand(), newSoakCommand(), newCompareCommand(), newPageCommand(),
		&cobra.Command{Use: "worker", Hidden: true, Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return workerMain(os.Stdin, os.Stdout) }},
		&cobra.Command{Use: "backend ADDRESS", Hidden: true, Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return backendMain(args[0], os.Stdin, os.Stdout) }},
	)
	return root
}
