package config

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Value is a setting as it is in force.
type Value struct {
	Setting *Setting
	Text    string // in its usual spelling; empty when there is none
	Invalid bool   // what was given cannot be used
	Origin  Origin
}

// Shown is the value in one line, for the eyes of anybody.
func (v Value) Shown() string {
	switch {
	case v.Invalid:
		return "(invalid)"
	case v.Text == "":
		return "-"
	case v.Setting.Secret:
		return "(secret)"
	case strings.ContainsFunc(v.Text, unicode.IsControl):
		return strconv.Quote(v.Text)
	}
	return v.Text
}

// Result is what was found in all sources.
type Result struct {
	Config   Config
	Values   []Value // all settings, in the order of the table
	Problems Problems

	environ []string
}

// getenv returns a variable that is no setting.
func (r *Result) getenv(name string) (value string) {
	for _, line := range r.environ {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			value = v // the last one counts
		}
	}
	return value
}

// Load reads flags, environment and the configuration file that they name. The table has all that may be named in a
// file or the environment; flags may know fewer of them. environ has the form of os.Environ.
func Load(t Table, flags *Flags, environ []string) *Result {
	r := &Result{environ: environ}
	layers := r.collect(t, flags, environ)
	for i := range t.Settings {
		r.resolve(&t.Settings[i], layers)
	}
	if t.complete != nil {
		t.complete(r)
	}
	r.crossCheck()
	r.Problems.sort()
	for i := range r.Values {
		v := &r.Values[i]
		if v.Origin.Layer == LayerDefault && v.Setting.fallback != nil {
			v.Text = v.Setting.fallback(&r.Config)
		}
	}
	return r
}

// collect returns the sources, the strongest first.
func (r *Result) collect(t Table, flags *Flags, environ []string) []found {
	given := flags.read()
	env, problems := readEnv(t, environ)
	layers := []found{given, env}
	if t.EnvWins {
		layers = []found{env, given}
	}
	path, named := given["config"]
	if !named {
		path, named = env["config"]
	}
	if named && len(path.texts) == 1 {
		file, fileProblems := readFile(t.Settings, path.texts[0])
		layers = append(layers, file)
		problems = append(fileProblems, problems...)
	}
	r.Problems = append(r.Problems, problems...)
	return append(layers, readPort(environ))
}

// resolve checks what the sources say of one setting and puts the strongest into force. Weaker ones are checked
// too: a mistake that something else happens to cover would come up later, when nobody expects it.
func (r *Result) resolve(s *Setting, layers []found) {
	value := Value{Setting: s, Text: s.Default, Origin: Origin{Key: s.Flag()}}
	given := false
	for _, layer := range layers {
		e, ok := layer[s.Name]
		if !ok || given && e.origin.Layer == LayerPort {
			continue
		}
		shown, apply, wrong := s.try(e)
		if wrong != "" {
			r.Problems = append(r.Problems, Problem{Origin: e.origin, Message: wrong})
		}
		if given {
			continue
		}
		given = true
		value.Text, value.Invalid, value.Origin = shown, wrong != "", e.origin
		if wrong == "" {
			apply(&r.Config)
		}
	}
	if !given && s.always {
		_, apply, _ := s.try(entry{texts: []string{s.Default}})
		apply(&r.Config)
	}
	r.Values = append(r.Values, value)
}

// try reads an entry.
func (s *Setting) try(e entry) (shown string, apply func(*Config), wrong string) {
	if e.wrong != "" {
		return "", nil, e.wrong
	}
	shown, apply, err := s.reads.read(e.texts)
	switch {
	case err != nil && s.Secret && !errors.Is(err, errNoSecret) && !errors.Is(err, errShortToken):
		return "", nil, "not a valid value" // the text of the error may contain it
	case err != nil:
		return "", nil, err.Error()
	}
	return shown, apply, ""
}

// Lookup returns the value of a setting by its name.
func (r *Result) Lookup(name string) Value {
	i := slices.IndexFunc(r.Values, func(v Value) bool { return v.Setting.Name == name })
	if i < 0 {
		return Value{}
	}
	return r.Values[i]
}

// flag is what a setting is called where the values come from.
func (r *Result) flag(name string) string {
	if s := r.Lookup(name).Setting; s != nil {
		return s.Flag()
	}
	return name
}

// given tells whether a setting has another origin than the default.
func (r *Result) given(name string) bool {
	v := r.Lookup(name)
	return v.Setting != nil && v.Origin.Layer != LayerDefault
}
