package cl4admin

import (
	"cmp"
	"encoding/json"
	"math"
	"net/netip"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor/moderation"
)

func (o *operator) disableCommand(val json.RawMessage) (any, error) { return o.setDisabled(val, true) }

func (o *operator) enableCommand(val json.RawMessage) (any, error) { return o.setDisabled(val, false) }

func (o *operator) setDisabled(val json.RawMessage, disabled bool) (any, error) {
	var c struct {
		Protocol string `json:"protocol"`
		Cmd      string `json:"cmd"`
	}
	if err := read(val, &c); err != nil {
		return nil, err
	}
	switch {
	case c.Cmd == "":
		return nil, wrong("cmd is missing")
	case c.Protocol != actors.CL4.String() && c.Protocol != actors.Scratch.String():
		return nil, wrong("protocol is neither %s nor %s", actors.CL4, actors.Scratch)
	case o.own(c.Cmd):
		return nil, &cl4.StatusError{Status: cl4.StatusRefused, Details: "Commands of administrators stay."}
	}
	if err := o.Server.SetDisabled(c.Protocol, c.Cmd, disabled); err != nil {
		return nil, err
	}
	action := map[bool]string{true: "command.disable", false: "command.enable"}[disabled]
	o.changed(action, c.Protocol+":"+c.Cmd, nil, nil)
	return nil, nil
}

func (o *operator) changeUserLimit(val json.RawMessage) (any, error) {
	var n *int
	if err := read(val, &n); err != nil {
		return nil, err
	}
	if n == nil || *n < -1 || *n == 0 || *n > math.MaxInt32 {
		return nil, wrong("must be a number above 0, or -1 for no limit")
	}
	if err := o.Server.SetMaxClients(*n); err != nil {
		return nil, err
	}
	o.changed("setting.change", "max_clients", nil, *n)
	return *n, nil
}

// motd takes a text, which is sent from now on unless it is empty, or an object that says whether.
func (o *operator) motd(val json.RawMessage) (any, error) {
	var m struct {
		MOTD   *string `json:"motd"`
		Enable *bool   `json:"enable_motd"`
	}
	var err error
	if len(val) > 0 && val[0] == '"' {
		err = read(val, &m.MOTD)
	} else {
		err = read(val, &m)
	}
	text, enabled := o.System.CL4().MOTD()
	before := map[string]any{"motd": text, "enable_motd": enabled}
	switch {
	case err != nil:
		return nil, err
	case m.MOTD == nil && m.Enable == nil:
		return nil, wrong("must be a string, or an object with motd, enable_motd or both")
	case m.MOTD != nil:
		text, enabled = *m.MOTD, *m.MOTD != ""
	}
	if len(text) > maxMOTD {
		return nil, wrong("is longer than %d bytes", maxMOTD)
	}
	if m.Enable != nil {
		enabled = *m.Enable
	}
	if err := o.Server.SetMOTD(text, enabled); err != nil {
		return nil, err
	}
	after := map[string]any{"motd": text, "enable_motd": enabled}
	o.changed("setting.change", "motd", before, after)
	return after, nil
}

// maxMOTD bounds messages of the day in bytes.
const maxMOTD = 4 << 10

func (o *operator) broadcast(val json.RawMessage) (any, error) {
	var m struct {
		Val  codec.Raw `json:"val"`
		Name *string   `json:"name"`
	}
	if err := read(val, &m); err != nil {
		return nil, err
	}
	if m.Val.Kind() == codec.KindAbsent || m.Val.Kind() == codec.KindNull {
		return nil, wrong("val is missing")
	}
	var name codec.Raw
	if m.Name != nil {
		name = cl4.Text(*m.Name)
	}
	n := o.System.Announce(name, m.Val)
	o.changed("broadcast", "", nil, m.Val)
	return map[string]int{"recipients": n}, nil
}

func (o *operator) ban(val json.RawMessage) (any, error) {
	var b struct {
		Kind    moderation.Kind `json:"kind"`
		Pattern string          `json:"pattern"`
		Reason  string          `json:"reason"`
		Expires *time.Time      `json:"expires"`
		For     int64           `json:"for_seconds"`
		Force   bool            `json:"force"`
	}
	if err := read(val, &b); err != nil {
		return nil, err
	}
	ban := moderation.Ban{Kind: b.Kind, Pattern: b.Pattern, Reason: b.Reason, By: o.user.Username}
	switch {
	case b.Expires != nil && b.For != 0:
		return nil, wrong("expires and for_seconds say the same")
	case b.Expires != nil:
		ban.Expires = *b.Expires
	case b.For < 0 || b.For > maxBanSeconds:
		return nil, wrong("for_seconds is no number of seconds to come")
	case b.For > 0:
		ban.Expires = o.Now().Add(time.Duration(b.For) * time.Second)
	}
	ban, err := ban.Normalize()
	if err != nil {
		return nil, err
	}
	if !b.Force && o.hits(ban) {
		return nil, &cl4.StatusError{Status: cl4.StatusRefused, Details: "This would ban you. To do it all the same, say so with force."}
	}
	ban, closed, err := o.Bans.Add(ban)
	if err != nil {
		return nil, err
	}
	o.changed("ban.add", string(ban.Kind)+" "+ban.Pattern, nil, ban)
	return map[string]any{"ban": ban, "disconnected": closed}, nil
}

// maxBanSeconds bounds for_seconds: a hundred years.
const maxBanSeconds = 100 * 366 * 24 * 3600

// hits tells whether a ban is for the one who makes it.
func (o *operator) hits(b moderation.Ban) bool {
	switch b.Kind {
	case moderation.KindIP:
		ip := o.client.Addr()
		return ip.IsValid() && b.Contains(ip)
	case moderation.KindName:
		name, named := o.client.Username()
		return named && b.Matches(name)
	}
	return b.Matches(o.client.Agent())
}

// unban takes the id of a ban, or its kind and pattern.
func (o *operator) unban(val json.RawMessage) (any, error) {
	var b struct {
		ID      string          `json:"id"`
		Kind    moderation.Kind `json:"kind"`
		Pattern string          `json:"pattern"`
	}
	var err error
	if len(val) > 0 && val[0] == '"' {
		err = read(val, &b.ID)
	} else {
		err = read(val, &b)
	}
	if err != nil {
		return nil, err
	}
	if b.ID == "" {
		known, ok := o.Bans.Find(b.Kind, b.Pattern)
		if !ok {
			return nil, cl4Error(cl4.StatusIDNotFound, "No ban found: "+cmp.Or(string(b.Kind)+" "+b.Pattern, "?"))
		}
		b.ID = known.ID
	}
	ban, err := o.Bans.Remove(b.ID)
	if err != nil {
		return nil, err
	}
	o.changed("ban.remove", string(ban.Kind)+" "+ban.Pattern, ban, nil)
	return map[string]any{"ban": ban}, nil
}

func cl4Error(status cl4.Status, details string) *cl4.StatusError {
	return &cl4.StatusError{Status: status, Details: details}
}

// addressText is an address for a client; empty where there is none.
func addressText(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.Unmap().String()
}
