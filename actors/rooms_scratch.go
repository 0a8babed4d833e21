package actors

import (
	"fmt"
	"strings"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/scratch"
)

// maxValueDepth bounds how deeply a value that a plugin gives a cloud variable may be nested.
const maxValueDepth = 512

// Variables returns the cloud variables of a Scratch room, in the order of their creation. Where there is storage, a room
// that is not in memory is loaded for it; one that nobody has ever been in has none.
func (l Rooms) Variables(room string) ([]scratch.Variable, error) {
	if l.protocol != Scratch {
		return nil, ErrRoomUnsupportedProtocol
	}
	pid, err := l.reach(room)
	if err != nil {
		return nil, err
	}
	return ask(l.sys, pid, func(reply chan<- []scratch.Variable) any { return &variablesWanted{reply: reply} })
}

// Change changes a cloud variable of a Scratch room, of which its members are told as if another member had done it.
// The limits of the room count; scratch.SetValue makes the usual change. A room is loaded for it as by Variables.
func (l Rooms) Change(room string, c scratch.Change) error {
	if l.protocol != Scratch {
		return ErrRoomUnsupportedProtocol
	}
	if c.Op == scratch.OpSet || c.Op == scratch.OpCreate {
		if err := codec.CheckJSON([]byte(c.Value), maxValueDepth); err != nil {
			return fmt.Errorf("the value of %s is no JSON: %w", c.Name, err)
		}
		if strings.ContainsAny(c.Value, "\r\n") {
			return fmt.Errorf("the value of %s is not on one line", c.Name) // as the events of a batch have to be
		}
	}
	pid, err := l.reach(room)
	if err != nil {
		return err
	}
	failed, err := ask(l.sys, pid, func(reply chan<- error) any { return &variableChange{change: c, reply: reply} })
	if err != nil {
		return err
	}
	return failed
}
