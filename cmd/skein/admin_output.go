package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// visible makes text of clients harmless: on a terminal, control characters could do anything.
func visible(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}

// table writes rows under a heading.
func (c *adminCall) table(heading string, rows [][]string) error {
	t := tabwriter.NewWriter(c.out, 0, 8, 2, ' ', 0)
	if heading != "" {
		fmt.Fprintln(t, heading)
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = visible(cell)
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

// show writes an answer as JSON where that is wanted, else by way of table.
func show[T any](c *adminCall, answer json.RawMessage, table func(T) error) error {
	if c.json {
		return writeIndented(c.out, answer)
	}
	var v T
	if err := json.Unmarshal(answer, &v); err != nil {
		return fmt.Errorf("the answer is not understood: %w", err)
	}
	return table(v)
}

func writeIndented(w io.Writer, text json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return fmt.Errorf("the answer is not understood: %w", err)
	}
	if _, err := w.Write(append(bytes.TrimSpace(b.Bytes()), '\n')); err != nil {
		return err
	}
	return nil
}

// say writes a line for people; with --json, what the server has said.
func (c *adminCall) say(answer json.RawMessage, format string, args ...any) error {
	if c.json {
		return writeIndented(c.out, answer)
	}
	_, err := fmt.Fprintln(c.out, visible(fmt.Sprintf(format, args...)))
	return err
}

// since writes how long ago something was.
func since(t time.Time) string { return span(time.Since(t)) }

// span writes a duration in its two largest units.
func span(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// amount writes a number of bytes.
func amount(n int64) string {
	const unit = 1 << 10
	if n < unit {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, i := float64(n)/unit, 0
	for ; f >= unit && i < 4; i++ {
		f /= unit
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGTP"[i])
}

// or is the text, or another one where it is empty.
func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// when writes a moment; the zero value as another text.
func when(t time.Time, zero string) string {
	if t.IsZero() {
		return zero
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
