package config

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// Problem is something that is wrong with one value, or worth a warning.
type Problem struct {
	// Origin says where the value stands.
	Origin Origin
	// Message says what is wrong and what to do.
	Message string
	// Warning is set when the program can start all the same.
	Warning bool
	// Unknown is set when nothing of that name exists. Such a variable may belong to another program, so it does not
	// stop the start.
	Unknown bool
	// Repeated is set when the server says the same as soon as it starts, so that only a check has to.
	Repeated bool
}

// String is the problem in one line, its place first, as compilers write it.
func (p Problem) String() string { return p.Origin.Name() + ": " + p.Message }

// Problems are all that were found, in the order of their sources.
type Problems []Problem

// Errors returns those that stop the start.
func (ps Problems) Errors() Problems { return ps.filter(false) }

// Warnings returns the others.
func (ps Problems) Warnings() Problems { return ps.filter(true) }

func (ps Problems) filter(warning bool) (out Problems) {
	for _, p := range ps {
		if p.Warning == warning {
			out = append(out, p)
		}
	}
	return out
}

// Strict makes errors of the variables that are unknown, for a check that is to find typing errors.
func (ps Problems) Strict() Problems {
	out := slices.Clone(ps)
	for i := range out {
		if out[i].Unknown {
			out[i].Warning = false
		}
	}
	return out
}

// sort puts problems in the order of the sources: file by line, environment, flags.
func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Origin.Layer, b.Origin.Layer), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
}

// Usage tells whether a flag is among the errors, so that the command line is to blame.
func (ps Problems) Usage() bool {
	for _, p := range ps.Errors() {
		if p.Origin.Layer == LayerFlag {
			return true
		}
	}
	return false
}

// Err is nil when nothing stops the start, else an error that names them all.
func (ps Problems) Err() error {
	errs := ps.Errors()
	if len(errs) == 0 {
		return nil
	}
	lines := make([]string, len(errs))
	for i, p := range errs {
		lines[i] = p.String()
	}
	if len(lines) == 1 {
		return errors.New(lines[0])
	}
	return errors.New("the configuration is wrong:\n  " + strings.Join(lines, "\n  "))
}
