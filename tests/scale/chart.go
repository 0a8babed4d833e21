//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
)

// Measures of a chart in pixels.
const (
	chartWidth  = 720
	chartHeight = 320
	marginLeft  = 60
	marginRight = 150
	marginTop   = 34
	marginFoot  = 40
)

// A line is one curve of a chart.
type line struct {
	name, color string
	of          func(figures) float64
}

var cpuLines = []line{
	{"join", "#c2410c", func(f figures) float64 { return f.SpawnCPU }},
	{"end", "#a16207", func(f figures) float64 { return f.StopCPU }},
	{"pmsg", "#7c3aed", func(f figures) float64 { return f.PrivateCPU }},
	{"direct", "#2563eb", func(f figures) float64 { return f.DirectCPU }},
	{"ping", "#0891b2", func(f figures) float64 { return f.PingCPU }},
	{"delivery, 10", "#15803d", func(f figures) float64 { return f.FanOutCPU }},
	{"delivery, 1,000", "#64748b", func(f figures) float64 { return f.BigCPU }},
}

var memoryLines = []line{
	{"RSS", "#2563eb", func(f figures) float64 { return f.RSSPerSession }},
	{"heap", "#15803d", func(f figures) float64 { return f.HeapPerSession }},
}

// charts draws both charts as one picture, on axes of powers of ten.
func charts(all []figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`+"\n", chartWidth, 2*chartHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	chart(&b, 0, "CPU per operation, µs", all, cpuLines, 0.005, 200)
	chart(&b, chartHeight, "memory per session, bytes", all, memoryLines, 100, 10_000)
	b.WriteString("</svg>\n")
	return b.String()
}

func chart(b *strings.Builder, top int, title string, all []figures, lines []line, low, high float64) {
	first, last := float64(all[0].Sessions), float64(all[len(all)-1].Sessions)
	x := func(v float64) float64 {
		return marginLeft + (chartWidth-marginLeft-marginRight)*math.Log(v/first)/math.Log(max(last/first, 1.01))
	}
	y := func(v float64) float64 {
		return float64(top) + chartHeight - marginFoot - (chartHeight-marginTop-marginFoot)*math.Log(v/low)/math.Log(high/low)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="600" fill="#111">%s</text>`+"\n", marginLeft, top+20, title)
	for v := math.Pow(10, math.Ceil(math.Log10(low))); v <= high; v *= 10 {
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end" fill="#555">%g</text>`+"\n",
			marginLeft, chartWidth-marginRight, y(v), y(v), marginLeft-6, y(v)+4, v)
	}
	for _, f := range all {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%s</text>`+"\n", x(float64(f.Sessions)), top+chartHeight-marginFoot+18, thousands(f.Sessions))
	}
	taken := math.Inf(-1) // the last label, so that labels keep their distance
	for _, l := range lines {
		var points []string
		for _, f := range all {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(float64(f.Sessions)), y(l.of(f))))
		}
		end := max(y(l.of(all[len(all)-1])), taken+14)
		taken = end
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/><text x="%d" y="%.1f" fill="%s">%s</text>`+"\n",
			strings.Join(points, " "), l.color, chartWidth-marginRight+8, end+4, l.color, l.name)
	}
}
