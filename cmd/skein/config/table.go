package config

// Table is what a command can be told, and which source wins.
type Table struct {
	// Settings are its rows, in the order in which they are listed.
	Settings []Setting
	// Prefix is how the variables of its settings start.
	Prefix string
	// EnvWins says that a variable wins over the flag of the same setting.
	EnvWins bool

	// complete makes options of what stands in several settings. Nil means that there is nothing to do.
	complete func(*Result)
}

// Serve is the table of the server.
var Serve = Table{Settings: Settings, Prefix: prefixServe, complete: completeServe}

// Only is the table with fewer rows.
func (t Table) Only(keep func(*Setting) bool) Table {
	all := t.Settings
	t.Settings = nil
	for i := range all {
		if keep(&all[i]) {
			t.Settings = append(t.Settings, all[i])
		}
	}
	return t
}
