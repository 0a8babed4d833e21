package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

func newAdminRooms(o *adminOptions) *cobra.Command {
	f := filters{}
	var most int
	type line struct {
		Dialect, Name      string
		Members, Variables int
		Messages           uint64
		MessagesPerSecond  float64 `json:"messages_per_second"`
	}
	cmd := adminCommand(o, "rooms [DIALECT NAME]", "List rooms, or show one", noneOrTwo, func(c *adminCall, args []string) error {
		if len(args) == 2 {
			return c.detail(apiPath("rooms", args[0], args[1]))
		}
		return list(c, "/rooms", "rooms", f.query(), most, "DIALECT\tNAME\tMEMBERS\tVARIABLES\tMESSAGES\tMSG/S", func(l *line) []string {
			return []string{
				l.Dialect, l.Name, strconv.Itoa(l.Members), strconv.Itoa(l.Variables), strconv.FormatUint(l.Messages, 10),
				fmt.Sprintf("%.1f", l.MessagesPerSecond),
			}
		})
	})
	f.add(cmd, "q", "part of the name")
	f.add(cmd, "dialect", "cl4 or scratch")
	f.add(cmd, "sort", "name, members or messages; behind a - the other way round")
	cmd.Flags().IntVar(&most, "limit", 100, "rows; 0: all")
	return cmd
}

func noneOrTwo(_ *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) == 2 {
		return nil
	}
	return fmt.Errorf("dialect and name of a room are given together, such as: cl4 default")
}

func newAdminCloseRoom(o *adminOptions) *cobra.Command {
	var reason string
	cmd := adminCommand(o, "close-room DIALECT NAME", "Take everybody out of a room", cobra.ExactArgs(2), func(c *adminCall, args []string) error {
		q := url.Values{}
		if reason != "" {
			q.Set("reason", reason)
		}
		text, err := c.client.do(c.ctx, "DELETE", apiPath("rooms", args[0], args[1]), q, nil)
		if err != nil {
			return err
		}
		return show(c, text, func(v struct{ Removed int }) error {
			_, err := fmt.Fprintf(c.out, "%d members were taken out\n", v.Removed)
			return err
		})
	})
	cmd.Flags().StringVar(&reason, "reason", "", "what Scratch clients, who are closed, are told")
	return cmd
}

// newAdminVariable returns the commands for cloud variables.
func newAdminVariable(o *adminOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "variable",
		Short: "Look at and change cloud variables",
		Long:  `Names of cloud variables begin with a cloud and a blank; where there is none it is put in.`,
	}
	variablePath := func(project, name string) string {
		return apiPath("rooms", "scratch", project, "variables", withCloud(name))
	}
	cmd.AddCommand(
		adminCommand(o, "get PROJECT [NAME]", "Show the variables of a project, or one", cobra.RangeArgs(1, 2), func(c *adminCall, args []string) error {
			type line struct {
				Name  string
				Value json.RawMessage
			}
			if len(args) == 2 {
				return c.detail(variablePath(args[0], args[1]))
			}
			text, err := c.client.do(c.ctx, "GET", apiPath("rooms", "scratch", args[0], "variables"), nil, nil)
			if err != nil {
				return err
			}
			return show(c, text, func(v struct{ Variables []line }) error {
				var rows [][]string
				for _, l := range v.Variables {
					rows = append(rows, []string{l.Name, string(l.Value)})
				}
				return c.table("NAME\tVALUE", rows)
			})
		}),
		adminCommand(o, "set PROJECT NAME VALUE", "Set a variable; numbers and other JSON are taken as such, the rest as text", cobra.ExactArgs(3), func(c *adminCall, args []string) error {
			text, err := c.client.do(c.ctx, "PUT", variablePath(args[0], args[1]), nil, map[string]any{"value": jsonOrText(args[2])})
			if err != nil {
				return err
			}
			return c.say(text, "%s is set", args[1])
		}),
		adminCommand(o, "delete PROJECT NAME", "Delete a variable", cobra.ExactArgs(2), func(c *adminCall, args []string) error {
			text, err := c.client.do(c.ctx, "DELETE", variablePath(args[0], args[1]), nil, nil)
			if err != nil {
				return err
			}
			return c.say(text, "%s is deleted", args[1])
		}),
	)
	return cmd
}

// cloud is what the names of cloud variables begin with.
const cloud = "☁ "

func withCloud(name string) string {
	if strings.HasPrefix(name, "☁") {
		return name
	}
	return cloud + name
}

// jsonOrText is a value as JSON: what it says where it is JSON, else a text.
func jsonOrText(text string) json.RawMessage {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	b, _ := json.Marshal(text)
	return b
}
