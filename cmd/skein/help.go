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

// withSettings gives a command the flags of settings, and a help that lists them under their headings.
func withSettings(cmd *cobra.Command, settings []config.Setting) *config.Flags {
	cmd.Flags().SortFlags = false
	flags := config.AddFlags(cmd.Flags(), settings)
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		writeUsage(cmd.OutOrStderr(), cmd, settings)
		return nil
	})
	return flags
}

func writeUsage(w io.Writer, cmd *cobra.Command, settings []config.Setting) {
	fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
	heading := ""
	for i := range settings {
		s := &settings[i]
		if s.Group != heading {
			heading = s.Group
			fmt.Fprintf(w, "\n%s:\n", heading)
		}
		writeFlag(w, cmd.Flags().Lookup(s.Name), helpText(s))
	}
	fmt.Fprint(w, "\nOther:\n")
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		for i := range settings {
			if settings[i].Name == f.Name {
				return
			}
		}
		writeFlag(w, f, f.Usage)
	})
	fmt.Fprint(w, `
A setting may also stand in the environment (SKEIN_MAX_CLIENTS) or in a file (max_clients).
Flags win over the environment, the environment over the file. Lists are flags given several
times, or values with commas between them.
`)
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
	r := config.Load(config.Settings, flags, os.Environ())
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
func echoSettings() (out []config.Setting) {
	for _, s := range config.Settings {
		if s.Echo {
			out = append(out, s)
		}
	}
	return out
}
