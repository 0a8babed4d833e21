// Command skein is the server, and what goes with it: a check of its configuration, an echo server and a probe for
// containers.
//
// Exit status: 0 after a clean end, 1 after a failure, 2 when the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/inconshreveable/mousetrap"
	"github.com/spf13/cobra"
)

func main() {
	args := os.Args[1:]
	if len(args) == 0 && mousetrap.StartedByExplorer() {
		args = []string{"serve"} // a double click wants a server, and a window that stays open
	}
	os.Exit(run(context.Background(), args, os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	exitFailure = 1
	exitUsage   = 2
)

// failure is an error of something that was tried. Every other error is one of the command line.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// errSilent is a failure that has been reported already.
var errSilent = failure{errors.New("reported")}

// run runs a command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cobra.MousetrapHelpText = ""
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	var f failure
	switch {
	case errors.Is(err, errSilent):
		return exitFailure
	case errors.As(err, &f):
		fmt.Fprintln(stderr, "skein:", err)
		return exitFailure
	}
	fmt.Fprintf(stderr, "skein: %v\nTry '%s --help'.\n", err, cmd.CommandPath())
	return exitUsage
}

// newRoot returns the command line as a whole.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "skein",
		Short:         "A server for CloudLink 4, Scratch cloud variables and more",
		Version:       build().String(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(suggestFlag)
	root.AddCommand(newServe(), newEcho(), newCheck(), newHealthcheck(), newVersion(), newDocs())
	return root
}
