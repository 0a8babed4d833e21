package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newAdminInfo(o *adminOptions) *cobra.Command {
	return adminCommand(o, "info", "Show what runs, since when, and who is asking", cobra.NoArgs, func(c *adminCall, _ []string) error {
		return c.detail("/info")
	})
}

// settingLine is a setting in a list.
type settingLine struct {
	Name, Type, Help string
	Value            json.RawMessage
	Changed, Restart bool
}

func newAdminMOTD(o *adminOptions) *cobra.Command {
	var off bool
	cmd := adminCommand(o, "motd [TEXT]", "Show or change the message of the day", cobra.MaximumNArgs(1), func(c *adminCall, args []string) error {
		switch {
		case off && len(args) > 0:
			return errors.New("either a text or --off can be given, not both")
		case off:
			return c.change(map[string]json.RawMessage{"motd": json.RawMessage(`""`), "enable_motd": json.RawMessage("false")})
		case len(args) == 1:
			text, err := json.Marshal(args[0])
			if err != nil {
				return err
			}
			return c.change(map[string]json.RawMessage{"motd": text})
		}
		return c.settings(func(s *settingLine) bool { return s.Name == "motd" || s.Name == "enable_motd" })
	})
	cmd.Flags().BoolVar(&off, "off", false, "send none")
	return cmd
}

func newAdminSet(o *adminOptions) *cobra.Command {
	var reset, all bool
	cmd := adminCommand(o, "set [NAME [VALUE]]", "Show settings, or change one while the server runs", cobra.MaximumNArgs(2), func(c *adminCall, args []string) error {
		if len(args) == 0 {
			return c.settings(func(s *settingLine) bool { return all || !s.Restart })
		}
		name := strings.ReplaceAll(args[0], "-", "_")
		switch {
		case reset && len(args) == 1:
			return c.change(map[string]json.RawMessage{name: json.RawMessage("null")})
		case reset:
			return errors.New("either a value or --reset can be given, not both")
		case len(args) == 1:
			return c.settings(func(s *settingLine) bool { return s.Name == name })
		}
		value, err := c.settingValue(name, args[1])
		if err != nil {
			return err
		}
		return c.change(map[string]json.RawMessage{name: value})
	})
	cmd.Flags().BoolVar(&reset, "reset", false, "put back what the configuration says")
	cmd.Flags().BoolVar(&all, "all", false, "show also settings that need a restart")
	return cmd
}

// settingValue writes a value as the type of the setting wants it: lists are written with commas.
func (c *adminCall) settingValue(name, text string) (json.RawMessage, error) {
	var all struct{ Settings []settingLine }
	if err := c.ask("GET", "/settings", nil, nil, &all); err != nil {
		return nil, err
	}
	for _, s := range all.Settings {
		if s.Name != name {
			continue
		}
		switch {
		case s.Restart:
			return nil, fmt.Errorf("%s can be changed in the configuration only, and needs a restart", name)
		case s.Type == "text" || s.Type == "level":
			return json.Marshal(text)
		case s.Type == "list":
			list := []string{}
			for part := range strings.SplitSeq(text, ",") {
				if part = strings.TrimSpace(part); part != "" {
					list = append(list, part)
				}
			}
			return json.Marshal(list)
		}
		break
	}
	return jsonOrText(text), nil
}

// settings shows some settings.
func (c *adminCall) settings(which func(*settingLine) bool) error {
	text, err := c.client.do(c.ctx, "GET", "/settings", nil, nil)
	if err != nil {
		return err
	}
	return show(c, text, func(v struct{ Settings []settingLine }) error {
		var rows [][]string
		for _, s := range v.Settings {
			if which(&s) {
				note := map[bool]string{true: "changed"}[s.Changed] + map[bool]string{true: "needs a restart"}[s.Restart]
				rows = append(rows, []string{s.Name, plainValue(s.Value), note})
			}
		}
		if rows == nil {
			return errors.New("there is no such setting; skein admin set --all shows all")
		}
		return c.table("SETTING\tVALUE\t", rows)
	})
}

func (c *adminCall) change(changes map[string]json.RawMessage) error {
	text, err := c.client.do(c.ctx, "PUT", "/settings", nil, changes)
	if err != nil {
		return err
	}
	return show(c, text, func(v struct{ Settings []settingLine }) error {
		for _, s := range v.Settings {
			if _, asked := changes[s.Name]; asked {
				fmt.Fprintf(c.out, "%s is %s\n", s.Name, visible(plainValue(s.Value)))
			}
		}
		return nil
	})
}

func newAdminDrain(o *adminOptions) *cobra.Command {
	var timeout time.Duration
	cmd := adminCommand(o, "drain", "End the server in an orderly way, as SIGTERM does", cobra.NoArgs, func(c *adminCall, _ []string) error {
		text, err := c.client.do(c.ctx, "POST", "/drain", nil, map[string]any{"timeout_seconds": timeout.Seconds()})
		if err != nil {
			return err
		}
		return c.say(text, "the server is stopping")
	})
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how long it may take (default what the server's drain-timeout says)")
	return cmd
}

func newAdminReload(o *adminOptions) *cobra.Command {
	return adminCommand(o, "reload", "Read certificates and lists again, as SIGHUP does", cobra.NoArgs, func(c *adminCall, _ []string) error {
		text, err := c.client.do(c.ctx, "POST", "/reload", nil, nil)
		if err != nil {
			return err
		}
		return c.say(text, "reloaded")
	})
}

// actorLine is a line of the supervision tree.
type actorLine struct {
	Name, Kind     string
	Count, Mailbox int
	Restarts       uint64
	LastFailure    time.Time `json:"last_failure"`
	Children       []actorLine
}

func newAdminActors(o *adminOptions) *cobra.Command {
	return adminCommand(o, "actors", "Show the supervision tree with failures and mailboxes", cobra.NoArgs, func(c *adminCall, _ []string) error {
		text, err := c.client.do(c.ctx, "GET", "/actors", nil, nil)
		if err != nil {
			return err
		}
		return show(c, text, func(v struct{ Root actorLine }) error {
			var rows [][]string
			var add func(l *actorLine, depth int)
			add = func(l *actorLine, depth int) {
				rows = append(rows, []string{
					strings.Repeat("  ", depth) + l.Name, l.Kind, strconv.Itoa(l.Count), strconv.Itoa(l.Mailbox),
					strconv.FormatUint(l.Restarts, 10), when(l.LastFailure, "-"),
				})
				for i := range l.Children {
					add(&l.Children[i], depth+1)
				}
			}
			add(&v.Root, 0)
			return c.table("ACTOR\tKIND\tCOUNT\tMAILBOX\tFAILURES\tLAST", rows)
		})
	})
}

func newAdminBackends(o *adminOptions) *cobra.Command {
	type line struct {
		Name        string
		Clients     int
		QueuedBytes int64 `json:"queued_bytes"`
		QueuedLines int   `json:"queued_lines"`
		Attached    time.Time
	}
	return adminCommand(o, "backends", "List the backends of the PyStrands broker", cobra.NoArgs, func(c *adminCall, _ []string) error {
		text, err := c.client.do(c.ctx, "GET", "/backends", nil, nil)
		if err != nil {
			return err
		}
		return show(c, text, func(v struct{ Backends []line }) error {
			var rows [][]string
			for _, l := range v.Backends {
				rows = append(rows, []string{l.Name, strconv.Itoa(l.Clients), amount(l.QueuedBytes), strconv.Itoa(l.QueuedLines), since(l.Attached)})
			}
			return c.table("BACKEND\tCLIENTS\tQUEUED\tLINES\tSINCE", rows)
		})
	})
}

func newAdminAudit(o *adminOptions) *cobra.Command {
	f := filters{}
	var most int
	type line struct {
		Time                         time.Time
		Who, Address, Action, Target string
		Before, After                json.RawMessage
	}
	cmd := adminCommand(o, "audit", "Show who changed what, newest first", cobra.NoArgs, func(c *adminCall, _ []string) error {
		var q url.Values = f.query()
		return list(c, "/audit", "entries", q, most, "TIME\tWHO\tADDRESS\tACTION\tTARGET\tAFTER", func(l *line) []string {
			after := []rune(string(l.After))
			if len(after) > 60 {
				after = append(after[:59], '…')
			}
			return []string{when(l.Time, "-"), or(l.Who, "-"), l.Address, l.Action, l.Target, or(string(after), "-")}
		})
	})
	f.add(cmd, "action", "how the action starts, such as ban")
	f.add(cmd, "who", "name of the token or administrator")
	cmd.Flags().IntVar(&most, "limit", 50, "rows; 0: all")
	return cmd
}
