package main

import (
	"fmt"
	"os"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [flags]",
		Short: "Check the configuration and show what is in force",
		Long: `Reads the configuration as serve would, without starting anything. What is wrong is written to standard
error with its place, what is in force and where it came from to standard output. The exit status is 1
when something is wrong. Variables that start with SKEIN_ and that nobody knows count as wrong.`,
		Args: cobra.NoArgs,
	}
	flags := withSettings(cmd, config.Serve)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return check(cmd, config.Load(config.Serve, flags, os.Environ()))
	}
	return cmd
}

func check(cmd *cobra.Command, r *config.Result) error {
	problems := r.Problems.Strict()
	for _, p := range problems {
		kind := "error"
		if p.Warning {
			kind = "warning"
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s: %s\n", p.Origin.Name(), kind, p.Message)
	}
	if err := r.WriteValues(cmd.OutOrStdout()); err != nil {
		return failure{err}
	}
	if problems.Err() != nil {
		return errSilent
	}
	return nil
}
