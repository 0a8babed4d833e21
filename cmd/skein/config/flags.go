package config

import (
	"strings"

	"github.com/spf13/pflag"
)

// Flags collects what the flags of a command say. It does not judge their values, so that Load can report what is
// wrong with them together with everything else.
type Flags struct {
	set *pflag.FlagSet
}

// AddFlags gives a command the flags of these settings.
func AddFlags(set *pflag.FlagSet, settings []Setting) *Flags {
	f := &Flags{set: set}
	for i := range settings {
		s := &settings[i]
		flag := set.VarPF(&flagValue{setting: s}, s.Flag(), s.Short, s.Help)
		if s.Boolean() {
			flag.NoOptDefVal = "true"
		}
		if name := s.FileFlag(); name != "" {
			set.Var(&flagValue{setting: s, file: true}, name, "file that holds "+s.Flag()+", which nobody sees in the list of processes")
		}
	}
	return f
}

// read returns what was given on the command line.
func (f *Flags) read() found {
	out := found{}
	f.set.VisitAll(func(flag *pflag.Flag) { // not Visit: those of a command above are set in the set of the one below
		v, ok := flag.Value.(*flagValue)
		if !ok || !flag.Changed {
			return // a flag of the command itself, or not given
		}
		e := entry{origin: Origin{Layer: LayerFlag, Key: flag.Name}, texts: v.texts}
		if !v.setting.List() || v.setting.last {
			e.texts = v.texts[len(v.texts)-1:] // the last one wins
		}
		switch other, twice := out[v.setting.Name]; {
		case twice:
			e.wrong = "given although --" + other.origin.Key + " is"
		case v.file:
			e.texts, e.wrong = readSecret(e.texts[0])
		case v.setting.List():
			var texts []string
			for _, t := range e.texts {
				texts = append(texts, splitList(t)...)
			}
			e.texts = texts
		}
		out[v.setting.Name] = e
	})
	return out
}

// flagValue is a pflag.Value that keeps the texts.
type flagValue struct {
	setting *Setting
	file    bool // names the file with the value
	texts   []string
}

// String implements pflag.Value. It is the default, for the help.
func (v *flagValue) String() string {
	if v.setting == nil || v.file {
		return ""
	}
	return v.setting.Default
}

// Set implements pflag.Value.
func (v *flagValue) Set(text string) error {
	v.texts = append(v.texts, text)
	return nil
}

// Type implements pflag.Value. It is what stands for the value in the help.
func (v *flagValue) Type() string {
	switch {
	case v.file:
		return "FILE"
	case v.setting.Boolean():
		return ""
	}
	typ := strings.TrimPrefix(v.setting.Type(), "list of ")
	if strings.Contains(typ, "|") {
		return typ // the words to choose from
	}
	return strings.ToUpper(typ)
}
