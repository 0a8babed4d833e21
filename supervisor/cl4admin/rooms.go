package cl4admin

import (
	"encoding/json"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
)

// maxListed bounds the members that an answer lists.
const maxListed = 1_000

// maxRoomName bounds the names of rooms that administrators create, in bytes.
const maxRoomName = 1_024

// roomView is what an administrator is told of a room.
type roomView struct {
	Room       string      `json:"room"`
	Members    int         `json:"members"`
	Users      []codec.Raw `json:"users"` // user objects, those without a name too; the first maxListed
	Locked     bool        `json:"locked"`
	MaxClients int         `json:"max_clients"` // 0: no limit
	MOTD       string      `json:"motd"`
}

// roomEdit is what an administrator changes of a room; nil stays as it is.
type roomEdit struct {
	Room       *string `json:"room"`
	Locked     *bool   `json:"locked"`
	MaxClients *int    `json:"max_clients"`
	MOTD       *string `json:"motd"`
}

func (o *operator) rooms() actors.Rooms { return o.System.Rooms(actors.CL4) }

func (o *operator) getRoom(val json.RawMessage) (any, error) {
	name, err := readKey(val, "room")
	if err != nil {
		return nil, err
	}
	return o.view(name)
}

// view returns a room that has members, was created or has rules.
func (o *operator) view(name string) (*roomView, error) {
	rules := o.rooms().Rules(name)
	v := &roomView{Room: name, Users: []codec.Raw{}, Locked: rules.Locked, MaxClients: rules.MaxClients, MOTD: rules.MOTD}
	members, err := o.rooms().Members(name)
	if err != nil && rules == (actors.RoomRules{}) {
		return nil, err
	}
	v.Members = len(members)
	for _, m := range members[:min(len(members), maxListed)] {
		v.Users = append(v.Users, o.System.CL4().UserObject(m.Client))
	}
	return v, nil
}

func (o *operator) readRoom(val json.RawMessage) (name string, e roomEdit, err error) {
	if err = read(val, &e); err != nil {
		return "", e, err
	}
	switch {
	case e.Room == nil:
		err = wrong("room is missing")
	case len(*e.Room) > maxRoomName:
		err = wrong("room is longer than %d bytes", maxRoomName)
	case e.MaxClients != nil && *e.MaxClients < 0:
		err = wrong("max_clients is below 0, which means no limit")
	case e.MOTD != nil && len(*e.MOTD) > maxMOTD:
		err = wrong("motd is longer than %d bytes", maxMOTD)
	default:
		name = *e.Room
	}
	return name, e, err
}

// apply returns the rules as they are after an edit.
func (e roomEdit) apply(r actors.RoomRules) actors.RoomRules {
	if e.Locked != nil {
		r.Locked = *e.Locked
	}
	if e.MaxClients != nil {
		r.MaxClients = *e.MaxClients
	}
	if e.MOTD != nil {
		r.MOTD = *e.MOTD
	}
	return r
}

func (o *operator) createRoom(val json.RawMessage) (any, error) {
	name, e, err := o.readRoom(val)
	if err != nil {
		return nil, err
	}
	if err := o.rooms().Create(name); err != nil {
		return nil, err
	}
	rules := e.apply(actors.RoomRules{})
	if err := o.rooms().SetRules(name, rules); err != nil {
		return nil, err
	}
	o.changed("room.create", name, nil, rules)
	return o.view(name)
}

func (o *operator) editRoom(val json.RawMessage) (any, error) {
	name, e, err := o.readRoom(val)
	if err != nil {
		return nil, err
	}
	before := o.rooms().Rules(name)
	if before == (actors.RoomRules{}) && !o.rooms().Exists(name) {
		return nil, actors.ErrRoomDoesNotExist
	}
	after := e.apply(before)
	if err := o.rooms().SetRules(name, after); err != nil {
		return nil, err
	}
	o.changed("room.edit", name, before, after)
	return o.view(name)
}

func (o *operator) deleteRoom(val json.RawMessage) (any, error) {
	name, err := readKey(val, "room")
	if err != nil {
		return nil, err
	}
	before := o.rooms().Rules(name)
	members, err := o.rooms().Close(name)
	if err != nil {
		return nil, err
	}
	o.changed("room.delete", name, before, nil)
	return map[string]int{"removed": members}, nil
}
