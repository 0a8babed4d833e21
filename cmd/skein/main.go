// Command skein is the server, and what goes with it: the PyStrands broker alone, a check of the configuration, an
// echo server and a probe for containers. Under the name pystrands-server it is that broker and nothing else.
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
	if len(args) == 0 && mousetrap.StartedByExplorer() && !isPyStrandsServer(os.Args[0]) {
		args = []string{"serve"} // a double click wants a server, and a window that stays open
	}
	root := newRoot()
	if isPyStrandsServer(os.Args[0]) {
		root = newPyStrandsServer()
	}
	os.Exit(execute(context.Background(), root, args, os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	exitFailure = 1
	exitUsage   = 2
)

// failure is an error of something that was tried. Every other error is one of the command line.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// versionTemplate is the answer to --version.
const versionTemplate = "{{.Version}}\n"

// errSilent is a failure that has been reported already.
var errSilent = failure{errors.New("reported")}

// run runs a command line and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return execute(ctx, newRoot(), args, stdout, stderr)
}

// execute is run for a program with other commands.
func execute(ctx context.Context, root *cobra.Command, args []string, stdout, stderr io.Writer) int {
	cobra.MousetrapHelpText = ""
	root.SetArgs(likeGo(root, args))
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
		fmt.Fprintf(stderr, "%s: %v\n", root.Name(), err)
		return exitFailure
	}
	fmt.Fprintf(stderr, "%s: %v\nTry '%s --help'.\n", root.Name(), err, cmd.CommandPath())
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
	root.SetVersionTemplate(versionTemplate)
	root.SetFlagErrorFunc(suggestFlag)
	root.AddCommand(newServe(), newEcho(), newPyStrands(), newSimpleServerDemo(), newCheck(), newData(), newHealthcheck(), newAdmin(), newVersion(), newDocs())
	return root
}
