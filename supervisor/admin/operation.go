package admin

import (
	"fmt"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin/audit"
)

// maxDrain bounds how long an orderly end may be told to take.
const maxDrain = 24 * time.Hour

func (a *API) drain(c *call) (any, error) {
	var in struct {
		TimeoutSeconds float64 `json:"timeout_seconds"`
	}
	if err := c.body(&in); err != nil {
		return nil, err
	}
	if in.TimeoutSeconds < 0 || in.TimeoutSeconds > maxDrain.Seconds() {
		return nil, badRequest(fmt.Sprintf("timeout_seconds is %v, not a number from 0 to %v", in.TimeoutSeconds, maxDrain.Seconds()))
	}
	c.changed("drain", "server", nil, in)
	a.Server.Drain(time.Duration(in.TimeoutSeconds * float64(time.Second)))
	return done{true}, nil
}

func (a *API) reload(c *call) (any, error) {
	if err := a.Server.Reload(); err != nil {
		return nil, invalid("what was in force stays: " + err.Error())
	}
	c.changed("reload", "server", nil, nil)
	return done{true}, nil
}

func (a *API) broadcast(c *call) (any, error) {
	name, val, text, err := c.message()
	if err != nil {
		return nil, err
	}
	n := a.System.Announce(name, val)
	c.changed("broadcast", "cl4", nil, text)
	return delivery{n}, nil
}

type backend struct {
	Name        string    `json:"name"`
	Clients     int       `json:"clients"`
	QueuedBytes int       `json:"queued_bytes"`
	QueuedLines int       `json:"queued_lines"`
	Attached    time.Time `json:"attached"`
}

type backendList struct {
	Backends        []backend `json:"backends"`
	WaitingRequests int64     `json:"waiting_requests"`
	BacklogEvents   int64     `json:"backlog_events"`
	BacklogBytes    int64     `json:"backlog_bytes"`
}

func (a *API) listBackends(*call) (any, error) {
	b := &a.System.Broker
	out := backendList{
		Backends: []backend{}, WaitingRequests: b.Requests.Load(),
		BacklogEvents: b.BacklogEvents.Load(), BacklogBytes: b.BacklogBytes.Load(),
	}
	for _, f := range a.System.Backends() {
		out.Backends = append(out.Backends, backend{f.Name, f.Clients, f.Queued, f.QueuedLines, f.Attached.UTC()})
	}
	return out, nil
}

// node is a line of the supervision tree.
type node struct {
	Name        string    `json:"name"`
	Kind        string    `json:"kind"`
	Count       int       `json:"count"`
	Mailbox     int       `json:"mailbox"`
	Restarts    uint64    `json:"restarts"`
	LastFailure time.Time `json:"last_failure,omitzero"`
	Children    []node    `json:"children,omitempty"`
}

func tellNode(n actors.Node) node {
	out := node{
		Name: n.Name, Kind: n.Kind, Count: n.Count, Mailbox: n.Waiting,
		Restarts: n.Failures.Count, LastFailure: n.Failures.Last.UTC(),
	}
	if n.Failures.Last.IsZero() {
		out.LastFailure = time.Time{}
	}
	for _, child := range n.Children {
		out.Children = append(out.Children, tellNode(child))
	}
	return out
}

type actorTree struct {
	Root        node              `json:"root"`
	Restarts    uint64            `json:"restarts"`
	Panics      map[string]uint64 `json:"panics"`
	DeadLetters uint64            `json:"dead_letters"`
}

func (a *API) tree(*call) (any, error) {
	c := &a.System.Counters
	return actorTree{tellNode(a.System.Tree()), c.Restarts.Load(), panics(c), c.DeadLetters.Load()}, nil
}

type auditPage struct {
	Entries []audit.Entry `json:"entries"`
	Next    string        `json:"next,omitempty"`
}

func (a *API) listAudit(c *call) (any, error) {
	limit, err := c.limit()
	if err != nil {
		return nil, err
	}
	after, err := c.cursor()
	if err != nil {
		return nil, err
	}
	f := audit.Filter{Action: c.param("action"), Who: c.param("who")}
	if after != nil {
		f.Before = after.ID
	}
	entries, more, err := a.Audit.Page(f, limit)
	if err != nil {
		return nil, err
	}
	page := auditPage{Entries: entries}
	if more {
		page.Next = cursor{ID: entries[len(entries)-1].ID}.String()
	}
	return page, nil
}
