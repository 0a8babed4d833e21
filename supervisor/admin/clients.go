package admin

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// clientRow is a connection in a snapshot.
type clientRow struct {
	client *actors.Client
	id     codec.ID
	// messages is how many the client has sent, rate how many a second.
	messages uint64
	rate     float64
}

// newClientListing lists connections.
func (a *API) newClientListing() listing[clientRow] {
	return listing[clientRow]{
		now: a.Now,
		load: func() []clientRow {
			all := a.System.Clients().All()
			rows := make([]clientRow, len(all))
			now := a.Now()
			for i, c := range all {
				rows[i] = newClientRow(c, now)
			}
			return rows
		},
		compareID:   func(a, b *clientRow) int { return bytes.Compare(a.id[:], b.id[:]) },
		cursorID:    func(r *clientRow) string { return r.id.ULID() },
		compareText: func(r *clientRow, id string) int { return strings.Compare(r.id.ULID(), id) },
		carry: func(old, new *clientRow, since time.Duration) {
			if since > 0 && since < forgetAfter {
				new.rate = float64(new.messages-old.messages) / since.Seconds()
			}
		},
	}
}

func newClientRow(c *actors.Client, now time.Time) clientRow {
	r := clientRow{client: c, id: c.Key(), messages: c.Received()}
	if age := now.Sub(c.Connected()); age > 0 {
		r.rate = float64(r.messages) / age.Seconds()
	}
	return r
}

// clientInfo is a connection as it is told.
type clientInfo struct {
	ID                string    `json:"id"`
	UUID              string    `json:"uuid"`
	Protocol          string    `json:"protocol"`
	Username          string    `json:"username,omitempty"`
	Address           string    `json:"address"`
	Rooms             []string  `json:"rooms"`
	RoomCount         int       `json:"room_count"`
	Connected         time.Time `json:"connected"`
	QueuedBytes       int       `json:"queued_bytes"`
	Messages          uint64    `json:"messages"`
	MessagesPerSecond float64   `json:"messages_per_second"`
}

// clientDetail is a connection with all that is known of it.
type clientDetail struct {
	clientInfo
	Listener   string `json:"listener"`
	Handshaken bool   `json:"handshaken"`
	UserAgent  string `json:"user_agent,omitempty"`
}

// listedRooms is how many rooms of a client a list shows.
const listedRooms = 10

func (r *clientRow) tell(rooms int) clientInfo {
	c := r.client
	info, first, count := c.Overview(make([]string, 0, rooms))
	return clientInfo{
		ID: c.ID(), UUID: c.UUID(), Protocol: info.Protocol.String(), Username: info.Username, Address: addressOf(c),
		Rooms: first, RoomCount: count, Connected: c.Connected().UTC(), QueuedBytes: c.Queued(),
		Messages: c.Received(), MessagesPerSecond: r.rate,
	}
}

// addressOf is empty on unix sockets.
func addressOf(c *actors.Client) string {
	if ip := c.Addr(); ip.IsValid() {
		return ip.String()
	}
	return ""
}

type clientPage struct {
	Clients []clientInfo `json:"clients"`
	Total   int          `json:"total"`
	Next    string       `json:"next,omitempty"`
}

func (a *API) listClients(c *call) (any, error) {
	q, err := a.clientQuery(c)
	if err != nil {
		return nil, err
	}
	rows, total, next := a.clients.page(q)
	page := clientPage{Clients: make([]clientInfo, len(rows)), Total: total, Next: next}
	for i := range rows {
		page.Clients[i] = rows[i].tell(listedRooms)
	}
	return page, nil
}

func (a *API) clientQuery(c *call) (q query[clientRow], err error) {
	if q.limit, err = c.limit(); err != nil {
		return q, err
	}
	if q.after, err = c.cursor(); err != nil {
		return q, err
	}
	keys := map[string]func(*clientRow) (string, int64){
		"id":           nil,
		"username":     func(r *clientRow) (string, int64) { name, _ := r.client.Username(); return name, 0 },
		"address":      func(r *clientRow) (string, int64) { return sortableAddress(r.client.Addr()), 0 },
		"queued_bytes": func(r *clientRow) (string, int64) { return "", int64(r.client.Queued()) },
		"messages":     func(r *clientRow) (string, int64) { return "", int64(r.messages) },
	}
	order, down := strings.CutPrefix(cmp.Or(c.param("sort"), "id"), "-")
	key, known := keys[order]
	if !known {
		return q, badRequest(fmt.Sprintf("sort is %q, not one of id, username, address, queued_bytes, messages, or one of them behind a -", c.param("sort")))
	}
	q.key, q.down = key, down
	protocol, err := c.oneOf("protocol", "cl4", "scratch", "pystrands", "simpleserver", "none")
	if err != nil {
		return q, err
	}
	var within netip.Prefix
	if text := c.param("address"); text != "" {
		if within, err = parsePrefix(text); err != nil {
			return q, badRequest(err.Error())
		}
	}
	text, room := strings.ToLower(c.param("q")), c.param("room")
	if text+protocol+room != "" || within.IsValid() {
		q.keep = func(r *clientRow) bool { return r.fits(text, protocol, room, within) }
	}
	q.name = fmt.Sprintf("%s %q %q %q %s", order, text, protocol, room, within)
	return q, nil
}

// sortableAddress has the order of the addresses.
func sortableAddress(ip netip.Addr) string {
	b := ip.As16()
	if !ip.IsValid() {
		return ""
	}
	return string(b[:])
}

func parsePrefix(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		ip = ip.Unmap().WithZone("")
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", text)
	}
	return p.Masked(), nil
}

// fits tells whether a connection fits a filter.
func (r *clientRow) fits(text, protocol, room string, within netip.Prefix) bool {
	if within.IsValid() && !within.Contains(r.client.Addr().Unmap()) {
		return false
	}
	if protocol == "" && room == "" && text == "" {
		return true
	}
	i, _, _ := r.client.Overview(nil)
	switch {
	case protocol != "" && i.Protocol.String() != protocol:
		return false
	case room != "" && !r.client.In(room):
		return false
	case text == "":
		return true
	}
	return strings.Contains(strings.ToLower(i.Username), text) ||
		strings.HasPrefix(strings.ToLower(r.id.ULID()), text) || strings.HasPrefix(addressOf(r.client), text)
}

// findClient finds a connection by its id, its uuid, or a username that only one client has.
func (a *API) findClient(c *call) (*actors.Client, error) {
	key := c.r.PathValue("id")
	found, err := a.System.Clients().Find(key)
	switch {
	case errors.Is(err, actors.ErrNoResultsFound):
		return nil, notFound("there is no client with the id or name " + key)
	case err != nil:
		return nil, err
	case len(found) > 1:
		return nil, conflict(fmt.Sprintf("%d clients have the name %s; give an id", len(found), key))
	}
	return found[0], nil
}

func (a *API) getClient(c *call) (any, error) {
	found, err := a.findClient(c)
	if err != nil {
		return nil, err
	}
	row, listed := a.clients.find(found.ID())
	if !listed {
		row = newClientRow(found, a.Now())
	}
	info := found.Info()
	d := clientDetail{clientInfo: row.tell(0), Listener: found.Listener(), Handshaken: info.Handshaken, UserAgent: found.Agent()}
	d.Rooms = append([]string{}, info.Rooms...)
	return d, nil
}

// Bounds of a close.
const maxReason = 123 // bytes that a Close frame can hold (RFC 6455 section 5.5)

// ending reads how connections are to be closed.
func (c *call) ending(byDefault int) (code uint16, reason string, err error) {
	n, err := c.number("code", byDefault, 1000, 4999)
	if err != nil {
		return 0, "", err
	}
	switch { // RFC 6455 section 7.4: the others may not be sent
	case n >= 1004 && n <= 1006, n == 1015, n >= 1016 && n < 3000:
		return 0, "", invalid(fmt.Sprintf("the close code %d may not be sent: 1000 to 1003, 1007 to 1014 and 3000 to 4999 may", n))
	}
	if reason = c.param("reason"); len(reason) > maxReason {
		return 0, "", invalid(fmt.Sprintf("the reason has %d bytes, %d are possible", len(reason), maxReason))
	}
	return uint16(n), reason, nil
}

func (a *API) closeClient(c *call) (any, error) {
	code, reason, err := c.ending(1000)
	if err != nil {
		return nil, err
	}
	found, err := a.findClient(c)
	if err != nil {
		return nil, err
	}
	row := newClientRow(found, a.Now())
	before := row.tell(listedRooms)
	found.Close(code, reason)
	c.changed("client.close", found.ID(), before, map[string]any{"code": code, "reason": reason})
	return done{true}, nil
}

// closeClients closes everybody who fits a filter.
func (a *API) closeClients(c *call) (any, error) {
	code, reason, err := c.ending(1000)
	if err != nil {
		return nil, err
	}
	q, err := a.clientQuery(c)
	if err != nil {
		return nil, err
	}
	all, err := c.oneOf("all", "true", "false")
	if err != nil {
		return nil, err
	}
	if q.keep == nil && all != "true" {
		return nil, badRequest("who? Give protocol, room or address, or all=true for everybody")
	}
	n := 0
	for _, client := range a.System.Clients().All() {
		if row := newClientRow(client, a.Now()); q.keep == nil || q.keep(&row) {
			client.Close(code, reason)
			n++
		}
	}
	filter := map[string]any{"protocol": c.param("protocol"), "room": c.param("room"), "address": c.param("address")}
	c.changed("client.close_all", "clients", filter, map[string]any{"closed": n, "code": code, "reason": reason})
	return removed{n}, nil
}

// message is what CL4 clients are sent.
type message struct {
	Val  json.RawMessage `json:"val"`
	Name *string         `json:"name,omitempty"`
}

// delivery is how many clients a message was sent to.
type delivery struct {
	Recipients int `json:"recipients"`
}

// message reads what is to be sent.
func (c *call) message() (name, val codec.Raw, text message, err error) {
	if err := c.body(&text); err != nil {
		return nil, nil, text, err
	}
	if text.Val == nil {
		return nil, nil, text, badRequest("val is missing: what is to be sent, as JSON")
	}
	if val, err = oneLine(text.Val); err != nil {
		return nil, nil, text, invalid("val: " + err.Error())
	}
	if text.Name != nil {
		name = cl4.Text(*text.Name)
	}
	return name, val, text, nil
}

// oneLine is JSON without white space between its parts, as it is when it comes from a client.
func oneLine(text json.RawMessage) (codec.Raw, error) {
	if err := codec.CheckJSON(text, maxDepth); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// maxDepth bounds how deeply what is sent may be nested.
const maxDepth = 512

func (a *API) messageClient(c *call) (any, error) {
	name, val, text, err := c.message()
	if err != nil {
		return nil, err
	}
	if name != nil {
		return nil, invalid("a message to one client has no name")
	}
	found, err := a.findClient(c)
	if err != nil {
		return nil, err
	}
	if found.Protocol() != actors.CL4 {
		return nil, invalid("only CL4 clients can be sent messages, and this one speaks " + found.Protocol().String())
	}
	found.SendFrame(cl4.Direct(val, nil, nil))
	c.changed("client.message", found.ID(), nil, text)
	return delivery{1}, nil
}
