package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/skeinhq/skein/supervisor"
)

// WriteValues writes what is in force and where it comes from, one setting per line.
func (r *Result) WriteValues(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SETTING\tVALUE\tFROM")
	for _, v := range r.Values {
		fmt.Fprintf(t, "%s\t%s\t%s\n", v.Setting.Flag(), v.Shown(), v.Origin)
	}
	return t.Flush()
}

// Configured returns what is in force as administrators are shown it, under the names that settings have in a file.
func (r *Result) Configured() []supervisor.ConfiguredSetting {
	var out []supervisor.ConfiguredSetting
	for _, v := range r.Values {
		c := supervisor.ConfiguredSetting{Name: underscored(v.Setting.Name), Type: v.Setting.Type(), Help: v.Setting.Help}
		if !v.Setting.Secret && !v.Invalid {
			c.Value, c.Default = v.Text, v.Setting.Default
		}
		out = append(out, c)
	}
	return out
}

// WriteMarkdown writes the table of settings for the documentation.
func WriteMarkdown(w io.Writer, settings []Setting) error {
	var b strings.Builder
	b.WriteString("| setting | default | |\n|---|---|---|\n")
	for i := range settings {
		s := &settings[i]
		byDefault := ""
		if s.Default != "" {
			byDefault = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `--%s` | %s | %s |\n", s.Flag(), byDefault, upperFirst(escape(s.Help)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// escape keeps a sentence from being read as Markdown.
func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`).Replace(s)
}

// upperFirst makes a sentence of a remark, unless it starts with a word that is written small.
func upperFirst(s string) string {
	if s == "" || strings.HasPrefix(s, "ws") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
