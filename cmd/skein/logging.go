package main

import (
	"io"
	"log/slog"
	"os"
	"runtime"

	"github.com/lmittmann/tint"
	"github.com/skeinhq/skein/cmd/skein/config"
)

// newLogger returns the log of the program, whose level may change. terminal says whether a person reads w.
func newLogger(w io.Writer, terminal bool, format string, level slog.Leveler) *slog.Logger {
	if format == "" || format == config.FormatAuto {
		format = config.FormatJSON
		if terminal {
			format = config.FormatText
		}
	}
	if format == config.FormatText {
		return slog.New(tint.NewTextHandler(w, &tint.Options{
			Level:      level,
			TimeFormat: "15:04:05.000",
			NoColor:    !terminal || !wantColor(),
		}))
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// stderrLogger is newLogger for standard error.
func stderrLogger(format string, level slog.Leveler) *slog.Logger {
	return newLogger(os.Stderr, isTerminal(os.Stderr), format, level)
}

// isTerminal tells whether a person reads f, as far as one can tell without asking the system's terminal driver.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wantColor honours NO_COLOR, and terminals that would show the codes as text: dumb ones, and the old console of
// Windows.
func wantColor() bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	return runtime.GOOS != "windows" || os.Getenv("WT_SESSION") != ""
}
