package config

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/skeinhq/skein/supervisor"
)

var data = group("Data",
	Setting{
		Name:     "data",
		Help:     "directory for what survives a restart; none: memory only. $STATE_DIRECTORY unless given, else skein in the user's directory for state",
		reads:    one(directory, func(c *Config, v string) { c.Server.Data.Dir = v }),
		fallback: func(c *Config) string { return c.Server.Data.Dir },
	},
	Setting{
		Name: "durability", Default: supervisor.DurabilityInterval,
		Help:  "when a change of a variable is on disk. interval: soon after it was shown; sync: before it is shown to anybody",
		reads: one(oneOf(supervisor.DurabilityInterval, supervisor.DurabilitySync), func(c *Config, v string) { c.Server.Data.Durability = v }),
	},
	Setting{
		Name: "flush-interval", Default: formatDuration(supervisor.DefaultFlushInterval),
		Help:  "how old a change may be when it is on disk, which is what a power failure can cost",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.Data.FlushInterval = v }),
	},
	Setting{
		Name: "data-max", Default: formatSize(supervisor.DefaultDataMax),
		Help:  "bytes in use from which on new projects are refused, not those that are kept already; -1: no limit",
		reads: one(space, func(c *Config, v int64) { c.Server.Data.MaxBytes = v }),
	},
	Setting{
		Name: "room-idle", Default: formatDuration(supervisor.DefaultRoomIdle),
		Help:  "how long a room without clients stays in memory; it stays on disk",
		reads: one(duration, func(c *Config, v time.Duration) { c.Server.Data.RoomIdle = v }),
	},
	Setting{
		Name: "scratch-keep", Default: "0",
		Help:  "time without use after which a project, or what is kept of a CL4 room, is removed from disk; 0: never",
		reads: one(durationOrOff, func(c *Config, v time.Duration) { c.Server.Data.ScratchKeep = max(v, 0) }),
	},
	Setting{
		Name: "scratch-history", Default: "0",
		Help:  "changes of each project that are kept beside its variables",
		reads: one(number(0), func(c *Config, v int) { c.Server.Data.ScratchHistory = v }),
	},
	Setting{
		Name: "cl4-keep-gvars", Default: "false",
		Help:  "keep the values of gvar, and send them to whoever joins a room",
		reads: toggle(func(c *Config, v bool) { c.Server.Data.KeepGvars = v }),
	},
	Setting{
		Name: "cl4-gvars-per-room", Default: strconv.Itoa(supervisor.DefaultGvarsPerRoom),
		Help:  "names of gvar that are kept of a room; values of others are only passed on",
		reads: one(number(1), func(c *Config, v int) { c.Server.Data.GvarsPerRoom = v }),
	},
)

var directory = kind[string]{typ: "directory", parse: text.parse, show: text.show}

// space is a size of any order, or -1 for no limit.
var space = kind[int64]{
	typ: "size",
	parse: func(s string) (int64, error) {
		if s == "-1" {
			return supervisor.Unlimited, nil
		}
		return parseSpace(s, 1<<60, "below 1024PiB")
	},
	show: func(n int64) string {
		if n < 0 {
			return "-1"
		}
		return formatSpace(n)
	},
}

// stateDirectory is where data goes when nobody says so: what systemd has made for the service, or the directory for
// such things of the user. Empty means that there is none.
func stateDirectory(getenv func(string) string) string {
	if dir, _, _ := strings.Cut(getenv("STATE_DIRECTORY"), ":"); dir != "" {
		return dir
	}
	home := getenv("HOME")
	for _, dir := range []string{
		getenv("XDG_STATE_HOME"),
		getenv("LOCALAPPDATA"), // Windows
		inHome(home, "Library", "Application Support"),
		inHome(home, ".local", "state"),
	} {
		if filepath.IsAbs(dir) {
			return filepath.Join(dir, "skein")
		}
	}
	return ""
}

// inHome is a directory of the user on a system that has the first part of it.
func inHome(home, first, second string) string {
	mac := runtime.GOOS == "darwin"
	if home == "" || mac != (first == "Library") {
		return ""
	}
	return filepath.Join(home, first, second)
}

// completeData fills in the directory.
func (r *Result) completeData() {
	o := &r.Config.Server.Data
	if o.Dir == "" {
		o.Dir = stateDirectory(r.getenv)
	}
}

// checkData sees to it that nobody believes data to be kept that is not.
func (r *Result) checkData() {
	if r.Config.Server.Data.Dir != supervisor.DataNone {
		return
	}
	for _, name := range []string{"durability", "flush-interval", "data-max", "room-idle", "scratch-keep", "scratch-history", "cl4-keep-gvars"} {
		if r.given(name) && !r.reported(name) {
			r.warn(name, "of no effect while data is none")
		}
	}
}
