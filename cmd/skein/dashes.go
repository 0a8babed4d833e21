package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// likeGo prepares the arguments of the PyStrands broker, which had Go's own flags. Those of other commands stay as they
// are.
func likeGo(root *cobra.Command, args []string) []string {
	cmd, path := root, 0
	for path < len(args) {
		i := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == args[path] })
		if i < 0 {
			break
		}
		cmd, path = cmd.Commands()[i], path+1
	}
	if root.Name() != pystrandsServer && (path == 0 || args[0] != "pystrands") {
		return args
	}
	return append(args[:path:path], doubleDashes(cmd, args[path:])...)
}

// doubleDashes writes long flags with two dashes where they have one, as programs that use Go's own flags take them:
// -ws-port 8080. The values of flags stay as they are, also when they start with a dash.
func doubleDashes(cmd *cobra.Command, args []string) []string {
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(out, args[i:]...)
		}
		bare := strings.TrimPrefix(arg, "-")
		if bare == arg || bare == "" {
			out = append(out, arg) // no flag
			continue
		}
		bare = strings.TrimPrefix(bare, "-")
		name, _, withValue := strings.Cut(bare, "=")
		if len(name) > 1 {
			arg = "--" + bare
		}
		out = append(out, arg)
		if f := cmd.Flags().Lookup(name); f != nil && f.NoOptDefVal == "" && !withValue && i+1 < len(args) {
			i++
			out = append(out, args[i])
		}
	}
	return out
}
