package config

import (
	"strings"

	"github.com/spf13/pflag"
)

// Flags collects what the flags of a command say. It does not judge their values, so that Load can report what is
// wrong with them together with everything else.
type Flags struct {
	settings []Setting
	set      *pflag.FlagSet
}

// AddFlags gives a command the flags of these settings.
func AddFlags(set *pflag.FlagSet, settings []Setting) *Flags {
	for i := range settings {
		s := &settings[i]
		f := set.VarPF(&flagValue{setting: s}, s.Name, s.Short, s.Help)
		if s.Boolean() {
			f.NoOptDefVal = "true"
		}
	}
	return &Flags{settings: settings, set: set}
}

// read returns what was given on the command line.
func (f *Flags) read() found {
	out := found{}
	f.set.Visit(func(flag *pflag.Flag) {
		v, ok := flag.Value.(*flagValue)
		if !ok {
			return // a flag of the command itself
		}
		e := entry{origin: Origin{Layer: LayerFlag, Key: flag.Name}, texts: v.texts}
		if v.setting.List() {
			e.texts = nil
			for _, t := range v.texts {
				e.texts = append(e.texts, splitList(t)...)
			}
		} else {
			e.texts = v.texts[len(v.texts)-1:] // the last one wins
		}
		out[flag.Name] = e
	})
	return out
}

// flagValue is a pflag.Value that keeps the texts.
type flagValue struct {
	setting *Setting
	texts   []string
}

// String implements pflag.Value. It is the default, for the help.
func (v *flagValue) String() string {
	if v.setting == nil {
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
	if v.setting.Boolean() {
		return ""
	}
	typ := strings.TrimPrefix(v.setting.Type(), "list of ")
	if strings.Contains(typ, "|") {
		return typ // the words to choose from
	}
	return strings.ToUpper(typ)
}
