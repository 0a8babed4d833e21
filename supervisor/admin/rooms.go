package admin

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/skeinhq/skein/actors"
)

// roomRow is a room in a snapshot.
type roomRow struct {
	actors.RoomFigures
	id   string
	rate float64
}

// newRoomListing lists rooms. None of them is asked.
func (a *API) newRoomListing() listing[roomRow] {
	return listing[roomRow]{
		now: a.Now,
		load: func() []roomRow {
			var rows []roomRow
			for _, p := range []actors.Protocol{actors.CL4, actors.Scratch} {
				for _, f := range a.System.Rooms(p).Figures() {
					rows = append(rows, roomRow{RoomFigures: f, id: f.Key.String()})
				}
			}
			return rows
		},
		compareID:   func(a, b *roomRow) int { return strings.Compare(a.id, b.id) },
		cursorID:    func(r *roomRow) string { return r.id },
		compareText: func(r *roomRow, id string) int { return strings.Compare(r.id, id) },
		carry: func(old, new *roomRow, since time.Duration) {
			if since > 0 && since < forgetAfter && new.Messages >= old.Messages {
				new.rate = float64(new.Messages-old.Messages) / since.Seconds()
			}
		},
	}
}

// room is a room as it is told.
type room struct {
	Dialect           string  `json:"dialect"`
	Name              string  `json:"name"`
	Members           int     `json:"members"`
	Messages          uint64  `json:"messages"`
	MessagesPerSecond float64 `json:"messages_per_second"`
	Variables         int     `json:"variables"`
}

type roomPage struct {
	Rooms []room `json:"rooms"`
	Total int    `json:"total"`
	Next  string `json:"next,omitempty"`
}

func tellRoom(f actors.RoomFigures, rate float64) room {
	return room{f.Key.Protocol.String(), f.Key.Name, f.Members, f.Messages, rate, f.Variables}
}

func (a *API) listRooms(c *call) (any, error) {
	var q query[roomRow]
	var err error
	if q.limit, err = c.limit(); err != nil {
		return nil, err
	}
	if q.after, err = c.cursor(); err != nil {
		return nil, err
	}
	keys := map[string]func(*roomRow) (string, int64){
		"name":     nil,
		"members":  func(r *roomRow) (string, int64) { return "", int64(r.Members) },
		"messages": func(r *roomRow) (string, int64) { return "", int64(r.Messages) },
	}
	order, down := strings.CutPrefix(cmp.Or(c.param("sort"), "name"), "-")
	key, known := keys[order]
	if !known {
		return nil, badRequest(fmt.Sprintf("sort is %q, not one of name, members, messages, or one of them behind a -", c.param("sort")))
	}
	q.key, q.down = key, down
	dialect, err := c.oneOf("dialect", "cl4", "scratch")
	if err != nil {
		return nil, err
	}
	text := strings.ToLower(c.param("q"))
	if text+dialect != "" {
		q.keep = func(r *roomRow) bool {
			return (dialect == "" || r.Key.Protocol.String() == dialect) && strings.Contains(strings.ToLower(r.Key.Name), text)
		}
	}
	q.name = fmt.Sprintf("%s %q %q", order, text, dialect)
	rows, total, next := a.rooms.page(q)
	page := roomPage{Rooms: make([]room, len(rows)), Total: total, Next: next}
	for i := range rows {
		page.Rooms[i] = tellRoom(rows[i].RoomFigures, rows[i].rate)
	}
	return page, nil
}

// roomsOf is the list of rooms that the path names, and the name of one of them.
func (a *API) roomsOf(c *call) (rooms actors.Rooms, protocol actors.Protocol, name string, err error) {
	name = c.r.PathValue("name")
	switch dialect := c.r.PathValue("dialect"); dialect {
	case "cl4":
		return a.System.Rooms(actors.CL4), actors.CL4, name, nil
	case "scratch":
		return a.System.Rooms(actors.Scratch), actors.Scratch, name, nil
	default:
		return rooms, 0, "", notFound(fmt.Sprintf("there is no dialect %q: cl4 or scratch", dialect))
	}
}

// roomGone says that there is no such room.
func roomGone(err error, name string) error {
	if errors.Is(err, actors.ErrRoomDoesNotExist) {
		return notFound("there is no room " + name + ": a room is there while somebody is in it, or as long as it keeps variables")
	}
	return err
}

type member struct {
	ID        string    `json:"id"`
	Username  string    `json:"username,omitempty"`
	Address   string    `json:"address"`
	Connected time.Time `json:"connected"`
}

type roomDetail struct {
	room
	MemberList   []member   `json:"member_list"`
	VariableList []variable `json:"variable_list"`
}

// detailMembers is how many members the detail of a room shows.
const detailMembers = 200

func (a *API) getRoom(c *call) (any, error) {
	rooms, _, name, err := a.roomsOf(c)
	if err != nil {
		return nil, err
	}
	d, err := rooms.Detail(name, detailMembers)
	if err != nil {
		return nil, roomGone(err, name)
	}
	out := roomDetail{room: tellRoom(d.RoomFigures, a.roomRate(d.Key.String())), MemberList: []member{}, VariableList: []variable{}}
	for _, m := range d.First {
		info, _, _ := m.Overview(nil)
		out.MemberList = append(out.MemberList, member{m.ID(), info.Username, addressOf(m), m.Connected().UTC()})
	}
	for _, v := range d.List {
		out.VariableList = append(out.VariableList, tellVariable(v))
	}
	return out, nil
}

// roomRate is the rate of a room in the last list.
func (a *API) roomRate(id string) float64 {
	row, _ := a.rooms.find(id)
	return row.rate
}

func (a *API) closeRoom(c *call) (any, error) {
	rooms, protocol, name, err := a.roomsOf(c)
	if err != nil {
		return nil, err
	}
	code, reason, err := c.ending(4004)
	if err != nil {
		return nil, err
	}
	n, err := closeMembers(rooms, protocol, name, code, reason)
	if err != nil {
		return nil, roomGone(err, name)
	}
	c.changed("room.close", protocol.String()+"/"+name, map[string]any{"members": n}, nil)
	return removed{n}, nil
}

// closeMembers takes everybody out of a room. Scratch clients cannot leave theirs and are closed.
func closeMembers(rooms actors.Rooms, protocol actors.Protocol, name string, code uint16, reason string) (int, error) {
	if protocol == actors.CL4 {
		if !rooms.Exists(name) {
			return 0, actors.ErrRoomDoesNotExist
		}
		n, err := rooms.Close(name)
		if errors.Is(err, actors.ErrRoomDoesNotExist) {
			err = nil // it went with its last member
		}
		return n, err
	}
	members, err := rooms.Members(name)
	if errors.Is(err, actors.ErrRoomDoesNotExist) {
		_, err = rooms.Detail(name, 0) // it may keep its variables without members
	}
	for _, m := range members {
		m.Client.Close(code, reason)
	}
	return len(members), err
}

type removed struct {
	Removed int `json:"removed"`
}

func (a *API) messageRoom(c *call) (any, error) {
	rooms, protocol, room, err := a.roomsOf(c)
	if err != nil {
		return nil, err
	}
	name, val, text, err := c.message()
	if err != nil {
		return nil, err
	}
	if protocol != actors.CL4 {
		return nil, invalid("only CL4 rooms can be sent messages; to tell Scratch projects something, set a cloud variable")
	}
	n, err := rooms.Announce(room, name, val)
	if err != nil {
		return nil, roomGone(err, room)
	}
	c.changed("room.message", protocol.String()+"/"+room, nil, text)
	return delivery{n}, nil
}
