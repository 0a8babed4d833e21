package config

import "strconv"

// Layer is one of the sources of values. A higher one wins.
type Layer uint8

// The layers.
const (
	LayerDefault Layer = iota
	LayerPort          // the variable PORT, which stands for listen only
	LayerFile
	LayerEnv
	LayerFlag
)

// Origin is where a value stands.
type Origin struct {
	Layer Layer
	File  string // path of the configuration file, or of a secret
	Line  int    // in File; 0 means the file as a whole
	Key   string // flag without dashes, variable or key
}

// String is the origin as the check shows it: default, file:line, or the variable or flag by its name.
func (o Origin) String() string {
	switch o.Layer {
	case LayerDefault:
		return "default"
	case LayerFile:
		return o.place()
	case LayerFlag:
		return "flag --" + o.Key
	}
	return "env " + o.Key
}

// Name is the origin as a message about it starts.
func (o Origin) Name() string {
	switch o.Layer {
	case LayerDefault:
		return o.Key
	case LayerFlag:
		return "--" + o.Key
	case LayerFile:
		if o.Key == "" {
			return o.place()
		}
		return o.place() + ": " + o.Key
	}
	return o.Key
}

func (o Origin) place() string {
	if o.Line == 0 {
		return o.File
	}
	return o.File + ":" + strconv.Itoa(o.Line)
}
