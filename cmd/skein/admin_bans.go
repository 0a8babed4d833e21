package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/cobra"
)

// banLine is a ban in a list.
type banLine struct {
	ID, Kind, Pattern, Reason, By string
	Created, Expires              time.Time
}

func newAdminBans(o *adminOptions) *cobra.Command {
	f := filters{}
	var most int
	cmd := adminCommand(o, "bans", "List bans", cobra.NoArgs, func(c *adminCall, _ []string) error {
		return list(c, "/bans", "bans", f.query(), most, "ID\tKIND\tPATTERN\tEXPIRES\tBY\tREASON", func(l *banLine) []string {
			return []string{l.ID, l.Kind, l.Pattern, when(l.Expires, "never"), or(l.By, "-"), or(l.Reason, "-")}
		})
	})
	f.add(cmd, "kind", "ip, name or agent")
	f.add(cmd, "q", "part of the pattern or reason")
	cmd.Flags().IntVar(&most, "limit", 100, "rows; 0: all")
	return cmd
}

func newAdminBan(o *adminOptions) *cobra.Command {
	var kind, reason string
	var duration string
	var force bool
	cmd := adminCommand(o, "ban PATTERN", "Ban an address, a range, a username or a user agent, at once", cobra.ExactArgs(1), func(c *adminCall, args []string) error {
		if kind == "" {
			var err error
			if kind, err = kindOf(args[0]); err != nil {
				return err
			}
		}
		body := map[string]any{"kind": kind, "pattern": args[0], "reason": reason, "force": force}
		if duration != "" {
			d, err := config.LongDuration(duration)
			if err != nil {
				return err
			}
			body["for_seconds"] = int64(d.Seconds())
		}
		text, err := c.client.do(c.ctx, "POST", "/bans", nil, body)
		if err != nil {
			return err
		}
		return show(c, text, func(v struct {
			Ban          banLine
			Disconnected int
		}) error {
			_, err := fmt.Fprintf(c.out, "%s %s is banned (%s); %d connected clients are closed\n",
				v.Ban.Kind, visible(v.Ban.Pattern), v.Ban.ID, v.Disconnected)
			return err
		})
	})
	cmd.Flags().StringVar(&kind, "kind", "", "ip, name or agent (default ip where it is an address, else name)")
	cmd.Flags().StringVar(&reason, "reason", "", "what those who are refused are told")
	cmd.Flags().StringVar(&duration, "for", "", "how long, such as 12h or 7d (default for ever)")
	cmd.Flags().BoolVar(&force, "force", false, "also where it bans your own address")
	return cmd
}

// kindOf guesses what a pattern is for. A mistyped address is nobody's name.
func kindOf(pattern string) (string, error) {
	if _, err := netip.ParseAddr(pattern); err == nil {
		return "ip", nil
	}
	if _, err := netip.ParsePrefix(pattern); err == nil {
		return "ip", nil
	}
	if strings.Trim(pattern, "0123456789abcdefABCDEF.:/*") == "" && strings.ContainsAny(pattern, ".:/") && strings.ContainsAny(pattern, "0123456789") {
		return "", fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8; a username like that takes --kind name", pattern)
	}
	return "name", nil
}

func newAdminUnban(o *adminOptions) *cobra.Command {
	return adminCommand(o, "unban ID|PATTERN", "Lift a ban", cobra.ExactArgs(1), func(c *adminCall, args []string) error {
		text, err := c.client.do(c.ctx, "DELETE", apiPath("bans", args[0]), nil, nil)
		if err != nil {
			return err
		}
		return c.say(text, "%s is banned no more", args[0])
	})
}

func newAdminSay(o *adminOptions) *cobra.Command {
	var room, to, name string
	var asJSON bool
	cmd := adminCommand(o, "say TEXT", "Send a message to every CL4 client, a room, or one client", cobra.ExactArgs(1), func(c *adminCall, args []string) error {
		body := map[string]any{"val": args[0]}
		if asJSON {
			if !json.Valid([]byte(args[0])) {
				return errors.New("the text is no JSON")
			}
			body["val"] = json.RawMessage(args[0])
		}
		if name != "" {
			body["name"] = name
		}
		path := "/broadcast"
		switch {
		case room != "" && to != "":
			return errors.New("either a room or a client can be given, not both")
		case room != "":
			path = apiPath("rooms", "cl4", room, "message")
		case to != "":
			path = apiPath("clients", to, "message")
		}
		text, err := c.client.do(c.ctx, "POST", path, nil, body)
		if err != nil {
			return err
		}
		return show(c, text, func(v struct{ Recipients int }) error {
			_, err := fmt.Fprintf(c.out, "sent to %d\n", v.Recipients)
			return err
		})
	})
	cmd.Flags().StringVar(&room, "room", "", "members of this CL4 room")
	cmd.Flags().StringVar(&to, "to", "", "client with this id or name")
	cmd.Flags().StringVar(&name, "variable", "", "set a global variable of this name instead of sending a message")
	cmd.Flags().BoolVar(&asJSON, "raw", false, "the text is JSON")
	return cmd
}
