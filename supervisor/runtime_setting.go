package supervisor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin"
)

// Names of the settings that can change while the server runs.
const (
	settingMOTD             = "motd"
	settingEnableMOTD       = "enable_motd"
	settingMaxClients       = "max_clients"
	settingMaxClientsPerIP  = "max_clients_per_ip"
	settingRejectMode       = "reject_mode"
	settingMessageRate      = "message_rate"
	settingMessageBurst     = "message_burst"
	settingDisabledCommands = "disabled_commands"
	settingLogLevel         = "log_level"
)

// Bounds of values.
const (
	maxMOTD             = 4 << 10 // bytes
	maxRate             = 1e6
	maxDisabledCommands = 256
)

// LevelNone is a level of the log above every other one.
const LevelNone = slog.Level(127)

// runtimeSetting is a setting that can change while the server runs.
type runtimeSetting struct {
	name, typ, help string
	// configured is what holds unless an administrator has said something else.
	configured any
	now        func() any
	// read checks a value and returns what puts it into force, which does not fail.
	read func(json.RawMessage) (apply func(), err error)
}

// changeable makes a setting of what is needed for one.
func changeable[T any](name, typ, help string, configured T, now func() T, check func(T) error, set func(T)) runtimeSetting {
	return runtimeSetting{
		name: name, typ: typ, help: help, configured: configured,
		now: func() any { return now() },
		read: func(text json.RawMessage) (func(), error) {
			var v T
			d := json.NewDecoder(bytes.NewReader(text))
			if err := d.Decode(&v); err != nil {
				return nil, fmt.Errorf("%w: %s is of type %s", admin.ErrSetting, name, typ)
			}
			if check != nil {
				if err := check(v); err != nil {
					return nil, fmt.Errorf("%w: %s: %w", admin.ErrSetting, name, err)
				}
			}
			return func() { set(v) }, nil
		},
	}
}

// runtimeTable lists the settings that can change. What they were configured to be is what is in force now.
func (s *Server) runtimeTable() []runtimeSetting {
	motd := func() string { text, _ := s.CL4().MOTD(); return text }
	enabled := func() bool { _, on := s.CL4().MOTD(); return on }
	rate := func() float64 { return s.Rate().PerSecond }
	burst := s.messageBurst
	table := []runtimeSetting{
		changeable(settingMOTD, "text", "message of the day for CL4 clients; a change switches it on, or off where it is empty",
			motd(), motd, checkMOTD, func(text string) { s.CL4().SetMOTD(text, text != "" || s.options.EnableMOTD) }),
		changeable(settingEnableMOTD, "boolean", "send the message of the day",
			enabled(), enabled, nil, func(on bool) { s.CL4().SetMOTD(motd(), on) }),
		changeable(settingMaxClients, "integer", "connections, unidentified ones too; -1: no limit",
			s.limits.Max(), s.limits.Max, checkLimit, s.limits.setMax),
		changeable(settingMaxClientsPerIP, "integer", "connections from one address; -1: no limit",
			s.limits.MaxPerIP(), s.limits.MaxPerIP, checkLimit, s.limits.setMaxPerIP),
		changeable(settingRejectMode, "boolean", "let nobody new in; whoever is connected stays",
			s.rejecting.Load(), s.rejecting.Load, nil, s.rejecting.Store),
		changeable(settingMessageRate, "number", "messages per second from one connection; 0: no limit",
			rate(), rate, checkRate, func(r float64) { s.SetRate(actors.Rate{PerSecond: r, Burst: int(s.burst.Load())}) }),
		changeable(settingMessageBurst, "integer", "messages at once from one connection; 0: one second's worth",
			burst(), burst, checkBurst, func(n int) {
				s.burst.Store(int64(n))
				s.SetRate(actors.Rate{PerSecond: rate(), Burst: n})
			}),
		changeable(settingDisabledCommands, "list", "commands to refuse, each PROTOCOL:COMMAND",
			s.disabledCommands(), s.disabledCommands, s.checkDisabled, s.setDisabled),
	}
	if level := s.options.Administration.LogLevel; level != nil {
		now := func() string { return levelName(level.Level()) }
		table = append(table, changeable(settingLogLevel, "level", "debug, info, warn, error or none", now(), now,
			func(name string) error { _, err := parseLevel(name); return err },
			func(name string) {
				l, _ := parseLevel(name)
				level.Set(l)
			}))
	}
	return table
}

func (s *Server) messageBurst() int { return int(s.burst.Load()) }

func checkMOTD(text string) error {
	if len(text) > maxMOTD || !utf8.ValidString(text) {
		return fmt.Errorf("a text of at most %d bytes is wanted", maxMOTD)
	}
	return nil
}

func checkLimit(n int) error {
	if n == 0 || n < -1 || n > math.MaxInt32 {
		return fmt.Errorf("%d is no limit: a number above 0, or -1 for no limit", n)
	}
	return nil
}

func checkRate(r float64) error {
	if r < 0 || r > maxRate {
		return fmt.Errorf("%v is not a number from 0 to %v", r, maxRate)
	}
	return nil
}

func checkBurst(n int) error {
	if n < 0 || n > maxRate {
		return fmt.Errorf("%d is not a number from 0 to %d", n, int(maxRate))
	}
	return nil
}

// levels are the levels of the log by name.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError, "none": LevelNone,
}

func parseLevel(name string) (slog.Level, error) {
	if l, ok := levels[name]; ok {
		return l, nil
	}
	return 0, fmt.Errorf("%q is not one of debug, info, warn, error, none", name)
}

func levelName(l slog.Level) string {
	for name, other := range levels {
		if l == other {
			return name
		}
	}
	return strings.ToLower(l.String())
}

// disabledCommands lists what is switched off, in order.
func (s *Server) disabledCommands() []string {
	out := []string{}
	for _, name := range s.CL4().DisabledCommands() {
		out = append(out, ProtocolCL4+":"+name)
	}
	for _, name := range s.Scratch().DisabledCommands() {
		out = append(out, ProtocolScratch+":"+name)
	}
	slices.Sort(out)
	return out
}

func (s *Server) checkDisabled(commands []string) error {
	if len(commands) > maxDisabledCommands {
		return fmt.Errorf("%d are given, %d are possible", len(commands), maxDisabledCommands)
	}
	var unknown error
	for _, c := range commands {
		protocol, name, _ := strings.Cut(c, ":")
		known := protocol == ProtocolCL4 && s.CL4().Knows(name) || protocol == ProtocolScratch && s.Scratch().Knows(name)
		if !known {
			unknown = errors.Join(unknown, fmt.Errorf("there is no command %q; commands are written as cl4:gvar or scratch:delete", c))
		}
	}
	return unknown
}

// setDisabled switches off what is listed and on what is not.
func (s *Server) setDisabled(commands []string) {
	old := s.disabledCommands()
	each := func(c string, cl4, scratch func(string) error) {
		protocol, name, _ := strings.Cut(c, ":")
		change := cl4
		if protocol == ProtocolScratch {
			change = scratch
		}
		if err := change(name); err != nil && !errors.Is(err, actors.ErrCommandAlreadyDisabled) && !errors.Is(err, actors.ErrCommandNotDisabled) {
			s.log.Warn("a command could not be switched", "command", c, "err", err)
		}
	}
	for _, c := range old {
		if !slices.Contains(commands, c) {
			each(c, s.CL4().EnableCommand, s.Scratch().EnableCommand)
		}
	}
	for _, c := range commands {
		if !slices.Contains(old, c) {
			each(c, s.CL4().DisableCommand, s.Scratch().DisableCommand)
		}
	}
}
