package main

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/skeinhq/skein/tests/bench/rounds"
)

// Measures of the chart, in pixels.
const (
	chartWidth  = 860
	labelWidth  = 330
	barHeight   = 13
	barGap      = 3
	groupGap    = 16
	chartTop    = 46
	valueWidth  = 120
	chartBottom = 14
)

// barColours are those of the servers in their order; they can be told apart on light and dark pages.
var barColours = []string{"#8a94a3", "#0b63ce", "#d9730d", "#14804a", "#8e44ad"}

// chart writes bars of the medians as SVG, each group on a scale of its own. Shorter is better in all of them.
func (r results) chart(out io.Writer, todo []scenario, servers []server) error {
	height := chartTop + chartBottom
	for range todo {
		height += len(servers)*(barHeight+barGap) + groupGap
	}
	w := &chartWriter{out: out}
	w.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="system-ui, sans-serif" font-size="12">`+"\n", chartWidth, height, chartWidth)
	w.printf("<style>text { fill: #333 } @media (prefers-color-scheme: dark) { text { fill: #ddd } }</style>\n")
	x := 10
	for i, s := range servers {
		w.printf(`<rect x="%d" y="12" width="12" height="12" rx="2" fill="%s"/><text x="%d" y="22">%s</text>`+"\n", x, barColours[i%len(barColours)], x+18, html.EscapeString(s.name))
		x += 110
	}
	w.printf(`<text x="%d" y="22" text-anchor="end">shorter is better</text>`+"\n", chartWidth-10)
	y := chartTop
	for _, sc := range todo {
		base, note := r.base(sc.name)
		highest := 0.0
		for _, s := range servers {
			highest = max(highest, rounds.Median(r[sc.name][s.name]))
		}
		for i, line := range wrap(sc.what + note) {
			w.printf(`<text x="10" y="%d">%s</text>`+"\n", y+barHeight-2+i*(barHeight+2), html.EscapeString(line))
		}
		for i, s := range servers {
			v := r[sc.name][s.name]
			if len(v) > 0 && highest > 0 {
				width := rounds.Median(v) / highest * (chartWidth - labelWidth - valueWidth - 20)
				w.printf(`<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/><text x="%.1f" y="%d" font-size="11">%s</text>`+"\n",
					labelWidth, y, max(width, 1), barHeight, barColours[i%len(barColours)], labelWidth+width+6, y+barHeight-2, html.EscapeString(cell(sc, v, base)))
			}
			y += barHeight + barGap
		}
		y += groupGap
	}
	w.printf("</svg>\n")
	return w.err
}

// wrap breaks a label into lines that fit beside the bars.
func wrap(text string) (lines []string) {
	const longest = 48 // characters
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > longest {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// chartWriter keeps the first error.
type chartWriter struct {
	out io.Writer
	err error
}

func (w *chartWriter) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.out, format, args...)
	}
}
