// Package config turns flags, environment variables and a YAML or TOML file into the options of the program.
//
// Every setting is one row of Settings, from which its flag, its variable, its key, its line in the help and in the
// documentation, and its check follow. Values win in this order: flags, environment, file, defaults. What is wrong
// anywhere is reported at once, with where it stands. The PyStrands broker alone has a Table of its own, made of the
// same rows, in which the environment wins over the flags.
package config

import (
	"log/slog"

	"github.com/skeinhq/skein/supervisor"
)

// Config is what the settings say.
type Config struct {
	// Server holds the options of the server, without its logger and version.
	Server supervisor.Options
	// Ports are where the PyStrands broker alone listens. They are in Server too, put together.
	Ports Ports
	// Log says what is logged and how.
	Log Log
	// Path is the configuration file. Empty means none.
	Path string
}

// Log says what is logged and how.
type Log struct {
	// Level is the lowest level that is written.
	Level slog.Level
	// Format is FormatAuto, FormatText or FormatJSON. Empty means FormatAuto.
	Format string
}

// LevelNone is above every level in use.
const LevelNone = slog.Level(127)

// Log formats.
const (
	FormatAuto = "auto" // text on a terminal, JSON otherwise
	FormatText = "text"
	FormatJSON = "json"
)
