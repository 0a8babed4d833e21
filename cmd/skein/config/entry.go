package config

// entry is one value as it was found in a source, before it is read.
type entry struct {
	origin Origin
	texts  []string
	// wrong says what is wrong with it before it is even read.
	wrong string
}

// found are the values of one source, by name of the setting.
type found map[string]entry
