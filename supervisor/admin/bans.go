package admin

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/skeinhq/skein/supervisor/moderation"
)

// ban is a ban as it is told.
type ban struct {
	ID      string          `json:"id"`
	Kind    moderation.Kind `json:"kind"`
	Pattern string          `json:"pattern"`
	Reason  string          `json:"reason"`
	By      string          `json:"by"`
	Created time.Time       `json:"created"`
	Expires time.Time       `json:"expires,omitzero"`
}

type banPage struct {
	Bans  []ban  `json:"bans"`
	Total int    `json:"total"`
	Next  string `json:"next,omitempty"`
}

// listBans lists the newest first. There are so few of them that they are looked at one by one.
func (a *API) listBans(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	after, err := c.cursor()
	if err != nil {
		return nil, err
	}
	kind, err := c.oneOf("kind", "ip", "name", "agent")
	if err != nil {
		return nil, err
	}
	text := strings.ToLower(c.param("q"))
	page := banPage{Bans: []ban{}}
	all := a.Bans.All()
	slices.SortFunc(all, func(a, b moderation.Ban) int { return strings.Compare(b.ID, a.ID) })
	for _, b := range all {
		if kind != "" && string(b.Kind) != kind || !strings.Contains(strings.ToLower(b.Pattern+"\n"+b.Reason), text) {
			continue
		}
		page.Total++
		switch {
		case after != nil && b.ID >= after.ID:
		case len(page.Bans) < limit:
			page.Bans = append(page.Bans, ban(b))
		default:
			page.Next = cursor{ID: page.Bans[limit-1].ID}.String()
		}
	}
	return page, nil
}

// banCreate is what a ban is made of.
type banCreate struct {
	Kind       moderation.Kind `json:"kind"`
	Pattern    string          `json:"pattern"`
	Reason     string          `json:"reason"`
	Expires    time.Time       `json:"expires"`
	ForSeconds int64           `json:"for_seconds"`
	Force      bool            `json:"force"`
}

type banCreated struct {
	Ban          ban `json:"ban"`
	Disconnected int `json:"disconnected"`
}

// maxBanSeconds keeps the end of a ban within what a time can hold.
const maxBanSeconds = 100 * 365 * 24 * 60 * 60

func (a *API) addBan(c *call) (any, error) {
	var in banCreate
	if err := c.body(&in); err != nil {
		return nil, err
	}
	switch {
	case in.ForSeconds < 0 || in.ForSeconds > maxBanSeconds:
		return nil, invalid(fmt.Sprintf("for_seconds is %d, not a number from 1 to %d", in.ForSeconds, maxBanSeconds))
	case in.ForSeconds > 0 && !in.Expires.IsZero():
		return nil, invalid("expires and for_seconds cannot both be given")
	case in.ForSeconds > 0:
		in.Expires = a.Now().Add(time.Duration(in.ForSeconds) * time.Second)
	case !in.Expires.IsZero() && !in.Expires.After(a.Now()):
		return nil, invalid("the ban would have expired already")
	case len(in.Reason) > maxReason:
		return nil, invalid(fmt.Sprintf("the reason has %d bytes, %d are possible", len(in.Reason), maxReason))
	}
	b, err := moderation.Ban{
		Kind: in.Kind, Pattern: in.Pattern, Reason: in.Reason, By: c.name(), Expires: in.Expires.UTC(),
	}.Normalize()
	if err != nil {
		return nil, err
	}
	if !in.Force && b.Kind != moderation.KindIP && strings.Trim(b.Pattern, "*") == "" {
		return nil, conflict(fmt.Sprintf("%s means everybody; repeat it with force if you mean it", b.Pattern))
	}
	if !in.Force && c.ip.IsValid() && b.Kind == moderation.KindIP && b.Contains(c.ip) {
		return nil, conflict(fmt.Sprintf("%s contains your own address, %s; repeat it with force if you mean it", b.Pattern, c.ip))
	}
	made, closed, err := a.Bans.Add(b)
	if err != nil {
		return nil, err
	}
	c.changed("ban.add", string(made.Kind)+" "+made.Pattern, nil, ban(made))
	return banCreated{ban(made), closed}, nil
}

func (a *API) removeBan(c *call) (any, error) {
	key := c.r.PathValue("id")
	b, err := a.findBan(key)
	if err != nil {
		return nil, err
	}
	if _, err := a.Bans.Remove(b.ID); err != nil {
		return nil, err
	}
	c.changed("ban.remove", string(b.Kind)+" "+b.Pattern, ban(b), nil)
	return done{true}, nil
}

// findBan finds a ban by its id, or by its pattern where only one has it.
func (a *API) findBan(key string) (moderation.Ban, error) {
	if b, ok := a.Bans.Get(key); ok {
		return b, nil
	}
	var found []moderation.Ban
	prefix, notPrefix := netip.ParsePrefix(key)
	ip, notIP := netip.ParseAddr(key)
	for _, b := range a.Bans.All() {
		same := b.Pattern == key
		if p, err := parsePrefix(b.Pattern); err == nil && b.Kind == moderation.KindIP {
			same = same || notPrefix == nil && p == prefix.Masked() || notIP == nil && p.Addr() == ip && p.IsSingleIP()
		}
		if same {
			found = append(found, b)
		}
	}
	switch len(found) {
	case 0:
		return moderation.Ban{}, notFound("there is no ban with the id or pattern " + key)
	case 1:
		return found[0], nil
	}
	return moderation.Ban{}, conflict(fmt.Sprintf("%d bans have the pattern %s; give an id", len(found), key))
}
