//go:build linux

package main

import (
	"fmt"
	markup "html/template"
	"math"
	"strings"
	"unicode/utf8"
)

// A chart is lines over a common axis. It is drawn twice, for wide and for narrow screens: a drawing that is merely
// scaled has letters that nobody can read on a phone.
type chart struct {
	Title string
	About string // a sentence below the title
	Lines []chartLine
	x, y  axis
	from  float64 // the part of the x axis that was measured; none where to is not larger
	to    float64
}

// A chartLine is one line of a chart, in the units of its axes.
type chartLine struct {
	Name   string
	Points []chartPoint
}

type chartPoint struct{ X, Y float64 }

// An axis maps values to the drawing.
type axis struct {
	min, max float64
	ticks    []axisTick
	log      bool
}

type axisTick struct {
	at    float64
	label string
}

// place is where v lies on the axis, from 0 to 1.
func (a *axis) place(v float64) float64 {
	lo, hi := a.min, a.max
	if a.log {
		v, lo, hi = math.Log10(max(v, lo)), math.Log10(lo), math.Log10(hi)
	}
	if hi <= lo {
		return 0
	}
	return min(max((v-lo)/(hi-lo), 0), 1)
}

// linearAxis goes from zero to a round number at or above highest.
func linearAxis(highest float64, label func(float64) string) axis {
	if highest <= 0 {
		highest = 1
	}
	step := niceStep(highest / 4)
	a := axis{max: step * math.Ceil(highest/step-1e-9)}
	for i := 0; float64(i)*step <= a.max*1.0001; i++ {
		a.ticks = append(a.ticks, axisTick{float64(i) * step, label(float64(i) * step)})
	}
	return a
}

// countAxis goes from zero to a number, with round ticks between.
func countAxis(to float64, label func(float64) string) axis {
	if to <= 0 {
		to = 1
	}
	a := axis{max: to}
	step := niceStep(to / 8)
	for i := 0; float64(i)*step <= to*1.0001; i++ {
		a.ticks = append(a.ticks, axisTick{float64(i) * step, label(float64(i) * step)})
	}
	return a
}

// timeAxis goes from zero to a time in seconds, with ticks at round seconds, minutes or hours.
func timeAxis(to float64) axis {
	unit, name := 1.0, " s"
	switch {
	case to > 6*3600:
		unit, name = 3600, " h"
	case to > 400:
		unit, name = 60, " min"
	}
	a := countAxis(to/unit, func(v float64) string { return plain(v) + name })
	a.max *= unit
	for i := range a.ticks {
		a.ticks[i].at *= unit
	}
	return a
}

// niceStep is 1, 2 or 5 times a power of ten, at least v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*0.9999 {
			return m * power
		}
	}
	return 10 * power
}

// logAxis covers values above zero, with a tick at each power of ten, or more where there are few of them.
func logAxis(lowest, highest float64, label func(float64) string) axis {
	lowest = max(lowest, 1e-3)
	highest = max(highest, lowest*1.5)
	a := axis{min: lowest * 0.9, max: highest * 1.1, log: true}
	multiples := []float64{1}
	if highest/lowest < 200 {
		multiples = []float64{1, 2, 5}
	}
	for power := math.Pow(10, math.Floor(math.Log10(a.min))); power <= a.max; power *= 10 {
		for _, m := range multiples {
			if v := m * power; v >= a.min && v <= a.max {
				a.ticks = append(a.ticks, axisTick{v, label(v)})
			}
		}
	}
	return a
}

// A drawing is the size of a chart on one kind of screen.
type drawing struct {
	class         string
	width, height float64
	font          float64
}

var drawings = []drawing{
	{"wide", 760, 250, 12},
	{"narrow", 360, 240, 12},
}

// Margins of a drawing, for the labels.
const (
	marginLeft   = 66
	marginRight  = 14
	marginTop    = 8
	marginBottom = 24
	labelGap     = 10 // between the labels of the x axis
)

// SVG draws the chart for both kinds of screens.
func (c *chart) SVG() markup.HTML {
	var b strings.Builder
	for _, d := range drawings {
		c.draw(&b, d)
	}
	return markup.HTML(b.String())
}

func (c *chart) draw(b *strings.Builder, d drawing) {
	w, h := d.width-marginLeft-marginRight, d.height-marginTop-marginBottom
	x := func(v float64) float64 { return marginLeft + w*c.x.place(v) }
	y := func(v float64) float64 { return marginTop + h*(1-c.y.place(v)) }
	fmt.Fprintf(b, `<svg class="%s" viewBox="0 0 %g %g" font-size="%g" role="img" aria-label="%s">`, d.class, d.width, d.height, d.font, markup.HTMLEscapeString(c.Title))
	if c.to > c.from {
		fmt.Fprintf(b, `<rect class="measured" x="%.1f" y="%d" width="%.1f" height="%.1f"/>`, x(c.from), marginTop, x(c.to)-x(c.from), h)
	}
	for _, t := range c.y.ticks {
		fmt.Fprintf(b, `<path class="grid" d="M%d %.1fH%.1f"/><text class="label" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			marginLeft, y(t.at), marginLeft+w, marginLeft-7, y(t.at)+d.font*0.35, markup.HTMLEscapeString(t.label))
	}
	right := 0.0 // end of the last label
	for _, t := range c.x.ticks {
		at := x(t.at)
		fmt.Fprintf(b, `<path class="tick" d="M%.1f %.1fv4"/>`, at, marginTop+h)
		half := 0.3 * d.font * float64(utf8.RuneCountInString(t.label))
		middle := min(at, d.width-half)
		if middle-half < right {
			continue // it would run into the last one
		}
		right = middle + half + labelGap
		fmt.Fprintf(b, `<text class="label" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, middle, marginTop+h+5+d.font, markup.HTMLEscapeString(t.label))
	}
	fmt.Fprintf(b, `<path class="axis" d="M%d %.1fH%.1f"/>`, marginLeft, marginTop+h, marginLeft+w)
	for i, l := range c.Lines {
		fmt.Fprintf(b, `<path class="line c%d" d="`, i)
		for j, p := range l.Points {
			op := "L"
			if j == 0 {
				op = "M"
			}
			fmt.Fprintf(b, "%s%.1f %.1f", op, x(p.X), y(p.Y))
		}
		b.WriteString(`"/>`)
		if len(l.Points) < 12 {
			for _, p := range l.Points {
				fmt.Fprintf(b, `<circle class="dot c%d" cx="%.1f" cy="%.1f" r="3"/>`, i, x(p.X), y(p.Y))
			}
		}
	}
	b.WriteString("</svg>")
}

// highest is the largest value of all lines.
func highest(lines []chartLine) float64 {
	v := 0.0
	for _, l := range lines {
		for _, p := range l.Points {
			v = max(v, p.Y)
		}
	}
	return v
}

// lowest is the smallest value above zero of all lines.
func lowest(lines []chartLine) float64 {
	v := math.Inf(1)
	for _, l := range lines {
		for _, p := range l.Points {
			if p.Y > 0 {
				v = min(v, p.Y)
			}
		}
	}
	return v
}
