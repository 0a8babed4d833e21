package config

import (
	"cmp"
	"errors"
	"strings"
)

// Setting is one row of the table of settings.
type Setting struct {
	// Name is what the program calls it, and the flag unless the table has another one, such as max-clients.
	Name string
	// Short is a one-letter flag. Empty means none.
	Short string
	// Group is the heading under which it is listed.
	Group string
	// Default is the value in force when nothing is given, as one would write it.
	Default string
	// Help is one sentence without a full stop.
	Help string
	// Echo says that the echo server takes it too.
	Echo bool
	// NoFile says that it cannot stand in a file.
	NoFile bool
	// Secret values are never shown, and may be given as a file, with FILE behind the name.
	Secret bool

	// flag is its name on the command line, prefix how its variable starts, where they are not Name and the server's.
	flag, prefix string
	// last says that of a list given several times only the last one counts.
	last bool
	// always puts the default into force, where the options have another one.
	always bool

	reads reader
	// fallback is the default where it depends on other settings. Nil means Default.
	fallback func(*Config) string
}

// reader knows one type of values: how they are written, and where they go.
type reader struct {
	typ     string // as the documentation calls it
	list    bool
	boolean bool
	// read checks what was given and returns it in its usual spelling, and what puts it into force.
	read func(texts []string) (shown string, apply func(*Config), err error)
}

// Flag is its name on the command line.
func (s *Setting) Flag() string { return cmp.Or(s.flag, s.Name) }

// FileFlag is the flag that names the file with a secret. Empty means that it is none.
func (s *Setting) FileFlag() string {
	if !s.Secret {
		return ""
	}
	return s.Flag() + "-file"
}

// Env is the name of the setting's variable.
func (s *Setting) Env() string {
	return cmp.Or(s.prefix, prefixServe) + strings.ToUpper(underscored(s.Flag()))
}

// Key is the name of the setting in a file. Empty means that it cannot stand there.
func (s *Setting) Key() string {
	if s.NoFile {
		return ""
	}
	return underscored(s.Flag())
}

func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Type is what its values are, in one word.
func (s *Setting) Type() string { return s.reads.typ }

// List tells whether it takes several values.
func (s *Setting) List() bool { return s.reads.list }

// Boolean tells whether it is on or off, so that the flag needs no value.
func (s *Setting) Boolean() bool { return s.reads.boolean }

// kind is how one type of values is written.
type kind[T any] struct {
	typ   string
	parse func(string) (T, error)
	show  func(T) string
}

// one reads a single value.
func one[T any](k kind[T], set func(*Config, T)) reader {
	return reader{typ: k.typ, read: func(texts []string) (string, func(*Config), error) {
		if len(texts) != 1 {
			return "", nil, errors.New("one value is wanted, not a list")
		}
		v, err := k.parse(texts[0])
		if err != nil {
			return "", nil, err
		}
		return k.show(v), func(c *Config) { set(c, v) }, nil
	}}
}

// many reads a list.
func many[T any](k kind[T], set func(*Config, []T)) reader {
	return reader{typ: "list of " + k.typ, list: true, read: func(texts []string) (string, func(*Config), error) {
		values := make([]T, 0, len(texts))
		shown := make([]string, 0, len(texts))
		var errs []string
		for _, t := range texts {
			v, err := k.parse(t)
			if err != nil {
				errs = append(errs, err.Error())
				continue
			}
			values, shown = append(values, v), append(shown, k.show(v))
		}
		if len(errs) > 0 {
			return "", nil, errors.New(strings.Join(errs, "; "))
		}
		return strings.Join(shown, ","), func(c *Config) { set(c, values) }, nil
	}}
}

// toggle reads a boolean.
func toggle(set func(*Config, bool)) reader {
	r := one(boolean, set)
	r.boolean = true
	return r
}

// splitList takes a list apart that is written in one text.
func splitList(text string) (out []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
