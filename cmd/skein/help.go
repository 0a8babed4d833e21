package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how long the lines of the help are at most.
const helpWidth = 100

// withSettings gives a command the flags of a table, and a help that lists them under their headings.
func withSettings(cmd *cobra.Command, table config.Table) *config.Flags {
	cmd.Flags().SortFlags = false
	flags := config.AddFlags(cmd.Flags(), table.Settings)
	plain := new(cobra.Command).UsageFunc()
	cmd.SetUsageFunc(func(of *cobra.Command) error {
		if of != cmd {
			return plain(of) // a command below this one
		}
		writeUsage(cmd.OutOrStderr(), cmd, table)
		return nil
	})
	return flags
}

func writeUsage(w io.Writer, cmd *cobra.Command, table config.Table) {
	fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
	writeCommands(w, cmd)
	settings := table.Settings
	heading := ""
	for i := range settings {
		s := &settings[i]
		if s.Group != heading {
			heading = s.Group
			fmt.Fprintf(w, "\n%s:\n", heading)
		}
		writeFlag(w, cmd.Flags().Lookup(s.Flag()), helpText(s))
		if name := s.FileFlag(); name != "" {
			f := cmd.Flags().Lookup(name)
			writeFlag(w, f, f.Usage)
		}
	}
	fmt.Fprint(w, "\nOther:\n")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		for i := range settings {
			if s := &settings[i]; s.Flag() == f.Name || s.FileFlag() == f.Name {
				return
			}
		}
		writeFlag(w, f, f.Usage)
	})
	fmt.Fprint(w, sources(table))
}

// sources says where else a setting may stand, and what wins.
func sources(table config.Table) string {
	if table.EnvWins {
		return `
A setting may also stand in the environment (PYSTRAND_WS_PORT), which wins over the flag. One dash
before a flag is as good as two. Of a flag given several times the last one counts; lists have
commas between their values.
`
	}
	return `
A setting may also stand in the environment (SKEIN_MAX_CLIENTS) or in a file (max_clients).
Flags win over the environment, the environment over the file. Lists are flags given several
times, or values with commas between them.
`
}

// writeCommands lists the commands below this one.
func writeCommands(w io.Writer, cmd *cobra.Command) {
	heading := "\nCommands:\n"
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(w, "%s  %-12s %s\n", heading, c.Name(), c.Short)
			heading = ""
		}
	}
}

func helpText(s *config.Setting) string {
	text := s.Help
	if s.Default != "" {
		text += " (default " + s.Default + ")"
	}
	return text
}

// writeFlag writes a flag and, indented, what it does.
func writeFlag(w io.Writer, f *pflag.Flag, help string) {
	name := "      --" + f.Name
	if f.Shorthand != "" {
		name = "  -" + f.Shorthand + ", --" + f.Name
	}
	if typ := f.Value.Type(); typ != "" && typ != "bool" {
		name += " " + typ
	}
	const indent = 36
	line := fmt.Sprintf("%-*s", indent, name)
	if len(name) >= indent {
		fmt.Fprintln(w, name)
		line = strings.Repeat(" ", indent)
	}
	for word := range strings.FieldsSeq(help) {
		if len(line)+1+len(word) > helpWidth {
			fmt.Fprintln(w, line)
			line = strings.Repeat(" ", indent)
		}
		if len(line) > indent {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(w, line)
}

// suggestFlag names the flag that was probably meant.
func suggestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return fmt.Errorf("%w%s", err, config.DidYouMean("--"+unknown.GetSpecifiedName(), names))
}

// load reads the configuration for a command that starts something. It reports what is wrong.
func load(cmd *cobra.Command, flags *config.Flags) (*config.Result, error) {
	r := config.Load(config.Serve, flags, os.Environ())
	err := r.Problems.Err()
	switch {
	case err == nil:
		return r, nil
	case r.Problems.Usage():
		return r, err
	}
	return r, failure{err}
}

// echoSettings are those that concern the transport.
func echoSettings() config.Table {
	return config.Serve.Only(func(s *config.Setting) bool { return s.Echo })
}
