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

// clientLine is a connection in a list.
type clientLine struct {
	ID, Protocol, Username, Address string
	Rooms                           []string
	RoomCount                       int `json:"room_count"`
	Connected                       time.Time
	QueuedBytes                     int64   `json:"queued_bytes"`
	MessagesPerSecond               float64 `json:"messages_per_second"`
}

// rowsOfPage is what a page asks for at most.
const rowsOfPage = 1000

// pages fetches pages of a list until there are as many rows as wanted; 0 means all. The rows are in the field key.
func (c *adminCall) pages(path, key string, query url.Values, most int) (rows []json.RawMessage, total int, err error) {
	for {
		want := rowsOfPage
		if most > 0 {
			want = min(most-len(rows), rowsOfPage)
		}
		query.Set("limit", strconv.Itoa(want))
		var page map[string]json.RawMessage
		if err := c.ask("GET", path, query, nil, &page); err != nil {
			return nil, 0, err
		}
		var part []json.RawMessage
		var next string
		err := json.Unmarshal(page[key], &part)
		if page["next"] != nil {
			err = errors.Join(err, json.Unmarshal(page["next"], &next))
		}
		if page["total"] != nil {
			err = errors.Join(err, json.Unmarshal(page["total"], &total))
		}
		if err != nil {
			return nil, 0, fmt.Errorf("the answer is not understood: %w", err)
		}
		rows = append(rows, part...)
		if next == "" || most > 0 && len(rows) >= most {
			return rows, total, nil
		}
		query.Set("cursor", next)
	}
}

// list shows the rows of pages: as one JSON array, or in a table.
func list[T any](c *adminCall, path, key string, query url.Values, most int, heading string, row func(*T) []string) error {
	texts, total, err := c.pages(path, key, query, most)
	if err != nil {
		return err
	}
	if c.json {
		if texts == nil {
			texts = []json.RawMessage{}
		}
		all, err := json.Marshal(texts)
		if err != nil {
			return err
		}
		return writeIndented(c.out, all)
	}
	rows := make([][]string, len(texts))
	for i, text := range texts {
		var v T
		if err := json.Unmarshal(text, &v); err != nil {
			return fmt.Errorf("the answer is not understood: %w", err)
		}
		rows[i] = row(&v)
	}
	if err := c.table(heading, rows); err != nil {
		return err
	}
	if total > len(rows) {
		_, err = fmt.Fprintf(c.errs, "%d of %d; --limit 0 shows all\n", len(rows), total)
	}
	return err
}

// filters are flags that go into the query as they are.
type filters map[string]*string

func (f filters) add(cmd *cobra.Command, name, help string) {
	f[name] = cmd.Flags().String(name, "", help)
}

func (f filters) query() url.Values {
	q := url.Values{}
	for name, value := range f {
		if *value != "" {
			q.Set(name, *value)
		}
	}
	return q
}

func newAdminClients(o *adminOptions) *cobra.Command {
	f := filters{}
	var most int
	cmd := adminCommand(o, "clients [ID|NAME]", "List connections, or show one", cobra.MaximumNArgs(1), func(c *adminCall, args []string) error {
		if len(args) == 1 {
			return c.detail(apiPath("clients", args[0]))
		}
		return list(c, "/clients", "clients", f.query(), most, "ID\tPROTOCOL\tNAME\tADDRESS\tROOMS\tSINCE\tQUEUED\tMSG/S", func(l *clientLine) []string {
			return []string{
				l.ID, l.Protocol, or(l.Username, "-"), or(l.Address, "unix"), roomsText(l.Rooms, l.RoomCount), since(l.Connected),
				amount(l.QueuedBytes), fmt.Sprintf("%.1f", l.MessagesPerSecond),
			}
		})
	})
	f.add(cmd, "q", "part of the name, or start of the id or address")
	f.add(cmd, "protocol", "cl4, scratch, pystrands, simpleserver or none")
	f.add(cmd, "room", "members of this room")
	f.add(cmd, "address", "address or range, such as 10.0.0.0/8")
	f.add(cmd, "sort", "id, username, address, queued_bytes or messages; behind a - the other way round")
	cmd.Flags().IntVar(&most, "limit", 100, "rows; 0: all")
	return cmd
}

// roomsText shortens a list of rooms.
func roomsText(rooms []string, count int) string {
	const shown = 3
	text := strings.Join(rooms[:min(len(rooms), shown)], ",")
	if more := count - min(len(rooms), shown); more > 0 {
		text += fmt.Sprintf(" +%d", more)
	}
	return or(text, "-")
}

func newAdminKick(o *adminOptions) *cobra.Command {
	var code int
	var reason string
	var all bool
	f := filters{}
	cmd := adminCommand(o, "kick [ID|NAME]", "Close a connection, or those that fit a filter", cobra.MaximumNArgs(1), func(c *adminCall, args []string) error {
		q := f.query()
		filtered := len(q) > 0
		if code != 0 {
			q.Set("code", strconv.Itoa(code))
		}
		if reason != "" {
			q.Set("reason", reason)
		}
		if len(args) == 1 {
			if filtered || all {
				return errors.New("either one client or a filter can be given, not both")
			}
			text, err := c.client.do(c.ctx, "DELETE", apiPath("clients", args[0]), q, nil)
			if err != nil {
				return err
			}
			return c.say(text, "%s is closed", args[0])
		}
		if !filtered && !all {
			return errors.New("who? Give an id, a name, a filter such as --room, or --all")
		}
		q.Set("all", strconv.FormatBool(all))
		text, err := c.client.do(c.ctx, "DELETE", "/clients", q, nil)
		if err != nil {
			return err
		}
		return show(c, text, func(v struct{ Removed int }) error {
			_, err := fmt.Fprintf(c.out, "%d closed\n", v.Removed)
			return err
		})
	})
	cmd.Flags().IntVar(&code, "code", 0, "close code (default 1000)")
	cmd.Flags().StringVar(&reason, "reason", "", "what the client is told")
	cmd.Flags().BoolVar(&all, "all", false, "everybody")
	f.add(cmd, "protocol", "cl4, scratch, pystrands, simpleserver or none")
	f.add(cmd, "room", "members of this room")
	f.add(cmd, "address", "address or range, such as 10.0.0.0/8")
	return cmd
}
