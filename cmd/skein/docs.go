package main

import (
	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
)

// newDocs prints parts of the documentation that follow from the program, so that a test can compare them.
func newDocs() *cobra.Command {
	docs := &cobra.Command{Use: "docs", Short: "Print parts of the documentation", Hidden: true}
	docs.AddCommand(&cobra.Command{
		Use:   "settings",
		Short: "Print the table of settings in Markdown",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return config.WriteMarkdown(cmd.OutOrStdout(), config.Settings)
		},
	})
	return docs
}
