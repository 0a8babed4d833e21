package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version and commit are set by the linker of a release: -ldflags "-X main.version=1.2.3 -X main.commit=abc".
var version, commit string

// buildInfo is what is known of the program.
type buildInfo struct{ Version, Commit, Go string }

// What the program speaks, with the version of the server that it behaves as.
const (
	speaksCloudLink = "CloudLink 0.2.0"
	speaksPyStrands = "PyStrands 1.0.0"
)

// String is the line that the program introduces itself with.
func (b buildInfo) String() string { return b.speaking(speaksCloudLink) }

// speaking is the same for a part of the program that speaks something else.
func (b buildInfo) speaking(what string) string {
	s := "Skein " + b.Version + " (speaks " + what + ")"
	if b.Commit != "" {
		s += ", commit " + b.Commit
	}
	return s + ", " + b.Go + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// build returns what the linker was told, and for the rest what Go noted in the binary.
func build() buildInfo {
	b := buildInfo{Version: version, Commit: commit, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	if b.Version == "" {
		b.Version = "dev"
	}
	if b.Commit == "" {
		b.Commit = vcsCommit(info.Settings)
	}
	return b
}

// vcsCommit is the commit that Go noted, marked when the tree had other changes.
func vcsCommit(settings []debug.BuildSetting) string {
	var revision, dirty string
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), build())
			return err
		},
	}
}
