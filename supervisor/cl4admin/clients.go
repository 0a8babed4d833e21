package cl4admin

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// Bounds on what administrators say of clients, in bytes.
const (
	maxAttributeName = 128
	maxRecipients    = 1_000 // of admin_close_connection
)

// find returns the clients that a selector means: an id or uuid of any protocol, or the name of CL4 clients.
func (o *operator) find(id codec.Raw) ([]*actors.Client, error) {
	switch id.Kind() {
	case codec.KindString, codec.KindObject, codec.KindArray:
	default:
		return nil, wrong("id must be a string, a user object or a list of them")
	}
	to, ok := cl4.ParseSelector(id)
	if !ok {
		return nil, wrong("id must name clients by strings or user objects")
	}
	if len(to.Terms) > maxRecipients {
		return nil, cl4Error(cl4.StatusTooLarge, "More than "+strconv.Itoa(maxRecipients)+" clients at once.")
	}
	var found []*actors.Client
	seen := make(map[*actors.Client]bool)
	for _, t := range to.Terms {
		matches, err := o.matches(t)
		if err != nil {
			return nil, err
		}
		if len(matches) > 1 {
			return nil, cl4Error(cl4.StatusIDNotSpecificEnough, cl4.Ambiguous(to.Text, len(matches)))
		}
		for _, c := range matches {
			if !seen[c] {
				seen[c] = true
				found = append(found, c)
			}
		}
	}
	if len(found) == 0 {
		return nil, cl4Error(cl4.StatusIDNotFound, "No matches found: "+to.Text)
	}
	return found, nil
}

// matches returns the clients that one term of a selector means.
func (o *operator) matches(t cl4.Term) ([]*actors.Client, error) {
	key := t.Key
	if t.IsObject {
		switch {
		case t.Object.HasID:
			key = t.Object.ID
		case t.Object.HasUUID:
			key = t.Object.UUID
		default:
			key = t.Object.Username
		}
	}
	if key == "" {
		return nil, nil
	}
	clients, err := o.System.Clients().Find(key)
	if err != nil {
		if errors.Is(err, actors.ErrNoResultsFound) {
			err = nil
		}
		return nil, err
	}
	if !t.IsObject {
		return clients, nil
	}
	var fits []*actors.Client
	for _, c := range clients {
		if t.Object.Matches(c.User()) {
			fits = append(fits, c)
		}
	}
	return fits, nil
}

// one is find for a command that is about one client.
func (o *operator) one(id codec.Raw) (*actors.Client, error) {
	found, err := o.find(id)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, wrong("id must name one client")
	}
	return found[0], nil
}

func (o *operator) closeConnection(val json.RawMessage) (any, error) {
	c := struct {
		ID     codec.Raw `json:"id"`
		Code   uint16    `json:"code"`
		Reason string    `json:"reason"`
	}{Code: 1000}
	if err := read(val, &c); err != nil {
		return nil, err
	}
	switch {
	case !codec.ValidCloseCode(c.Code):
		return nil, wrong("code %d may not be sent", c.Code)
	case len(c.Reason) > codec.MaxCloseReason:
		return nil, wrong("reason is longer than %d bytes", codec.MaxCloseReason)
	}
	found, err := o.find(c.ID)
	if err != nil {
		return nil, err
	}
	o.System.Close(c.Code, c.Reason, found...)
	for _, client := range found {
		o.changed("client.close", client.String(), nil, map[string]any{"code": c.Code, "reason": c.Reason})
	}
	return map[string]int{"closed": len(found)}, nil
}

// clientView is what an administrator is told of a client.
type clientView struct {
	User       codec.Raw            `json:"user"`
	Rooms      []string             `json:"rooms"`
	Protocol   string               `json:"protocol"`
	Attributes map[string]codec.Raw `json:"attributes"`
}

// attribute names an attribute of a client.
type attribute struct {
	ID    codec.Raw `json:"id"`
	Name  *string   `json:"name"`
	Value codec.Raw `json:"value"`
}

// readAttribute decodes a val that is about an attribute of a client, and finds the client.
func (o *operator) readAttribute(val json.RawMessage) (a attribute, c *actors.Client, err error) {
	if err = read(val, &a); err != nil {
		return a, nil, err
	}
	if a.Name != nil && (*a.Name == "" || len(*a.Name) > maxAttributeName) {
		return a, nil, wrong("name must have 1 to %d bytes", maxAttributeName)
	}
	c, err = o.one(a.ID)
	return a, c, err
}

func (o *operator) getClientData(val json.RawMessage) (any, error) {
	if len(val) > 0 && val[0] == '"' {
		val = json.RawMessage(`{"id":` + string(val) + `}`)
	}
	a, c, err := o.readAttribute(val)
	if err != nil {
		return nil, err
	}
	info := c.Info()
	v := clientView{User: o.System.CL4().UserObject(c), Rooms: info.Rooms, Protocol: info.Protocol.String(), Attributes: c.Attributes()}
	if a.Name != nil {
		value, ok := v.Attributes[*a.Name]
		if !ok {
			return nil, noAttribute(*a.Name)
		}
		v.Attributes = map[string]codec.Raw{*a.Name: value}
	}
	if v.Attributes == nil {
		v.Attributes = map[string]codec.Raw{}
	}
	if v.Rooms == nil {
		v.Rooms = []string{}
	}
	return v, nil
}

func noAttribute(name string) error {
	return cl4Error(cl4.StatusIDNotFound, "The client has no attribute "+name+".")
}

func (o *operator) editClientData(val json.RawMessage) (any, error) {
	a, c, err := o.readAttribute(val)
	switch {
	case err != nil:
		return nil, err
	case a.Name == nil || a.Value.Kind() == codec.KindAbsent:
		return nil, wrong("id, name and value are wanted")
	}
	before, _ := c.Attribute(*a.Name)
	if err := c.SetAttribute(*a.Name, a.Value); err != nil {
		return nil, err
	}
	o.changed("client.edit", c.String()+" "+strconv.Quote(*a.Name), before, a.Value)
	return nil, nil
}

func (o *operator) deleteClientData(val json.RawMessage) (any, error) {
	a, c, err := o.readAttribute(val)
	switch {
	case err != nil:
		return nil, err
	case a.Name == nil || a.Value.Kind() != codec.KindAbsent:
		return nil, wrong("id and name are wanted")
	}
	before, _ := c.Attribute(*a.Name)
	if !c.DeleteAttribute(*a.Name) {
		return nil, noAttribute(*a.Name)
	}
	o.changed("client.edit", c.String()+" "+strconv.Quote(*a.Name), before, nil)
	return nil, nil
}

// getClientIP takes what names one client, or an object with that under id.
func (o *operator) getClientIP(val json.RawMessage) (any, error) {
	id := codec.Raw(val)
	var object struct {
		ID codec.Raw `json:"id"`
	}
	if id.Kind() == codec.KindObject && read(val, &object) == nil && object.ID.Kind() != codec.KindAbsent {
		id = object.ID
	}
	c, err := o.one(id)
	if err != nil {
		return nil, err
	}
	return addressText(c.Addr()), nil
}
