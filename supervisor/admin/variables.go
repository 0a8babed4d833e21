package admin

import (
	"encoding/json"
	"errors"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/scratch"
)

// variable is a cloud variable as it is told.
type variable struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

func tellVariable(v scratch.Variable) variable {
	return variable{v.Name, json.RawMessage(v.Value)}
}

type variableList struct {
	Variables []variable `json:"variables"`
}

// variables returns the cloud variables of the project in the path.
func (a *API) variables(c *call) ([]scratch.Variable, error) {
	project := c.r.PathValue("project")
	rooms := a.System.Rooms(actors.Scratch)
	list, err := rooms.Variables(project)
	if err == nil && len(list) == 0 && !rooms.Exists(project) {
		err = actors.ErrRoomDoesNotExist
	}
	if err != nil {
		return nil, roomGone(err, project)
	}
	return list, nil
}

// find returns the variable in the path.
func findVariable(c *call, list []scratch.Variable) (variable, error) {
	name := c.r.PathValue("name")
	for _, v := range list {
		if v.Name == name {
			return tellVariable(v), nil
		}
	}
	return variable{}, notFound("the project has no variable " + name + "; names begin with a cloud sign and a blank, escaped in a path as %E2%98%81%20")
}

func (a *API) listVariables(c *call) (any, error) {
	list, err := a.variables(c)
	if err != nil {
		return nil, err
	}
	out := variableList{Variables: make([]variable, len(list))}
	for i, v := range list {
		out.Variables[i] = tellVariable(v)
	}
	return out, nil
}

func (a *API) getVariable(c *call) (any, error) {
	list, err := a.variables(c)
	if err != nil {
		return nil, err
	}
	return findVariable(c, list)
}

var errRefusedVariable = invalid("the limits of the server do not allow this: the length of the name, the number of variables, or the length or kind of the value")

// changeVariable carries out a change that a client could have made.
func (a *API) changeVariable(c *call, change scratch.Change) error {
	project := c.r.PathValue("project")
	err := a.System.Rooms(actors.Scratch).Change(project, change)
	if errors.Is(err, actors.ErrRoomRefusedChange) {
		return errRefusedVariable
	}
	return roomGone(err, project)
}

func (a *API) setVariable(c *call) (any, error) {
	var set struct {
		Value json.RawMessage `json:"value"`
	}
	if err := c.body(&set); err != nil {
		return nil, err
	}
	if set.Value == nil {
		return nil, badRequest("value is missing")
	}
	value, err := oneLine(set.Value)
	if err != nil {
		return nil, invalid("value: " + err.Error())
	}
	list, err := a.variables(c)
	if err != nil {
		return nil, err
	}
	name := c.r.PathValue("name")
	stored, ok := a.System.AllowedChange(name, value)
	if !ok {
		return nil, errRefusedVariable
	}
	op := scratch.OpSet
	before, missing := findVariable(c, list)
	if missing != nil {
		op = scratch.OpCreate
	}
	if err := a.changeVariable(c, scratch.Change{Op: op, Name: name, Value: stored}); err != nil {
		return nil, err
	}
	after := variable{name, json.RawMessage(stored)}
	c.changed("variable.set", "scratch/"+c.r.PathValue("project")+"/"+name, before.Value, after.Value)
	return after, nil
}

func (a *API) deleteVariable(c *call) (any, error) {
	list, err := a.variables(c)
	if err != nil {
		return nil, err
	}
	before, err := findVariable(c, list)
	if err != nil {
		return nil, err
	}
	if err := a.changeVariable(c, scratch.Change{Op: scratch.OpDelete, Name: before.Name}); err != nil {
		return nil, err
	}
	c.changed("variable.delete", "scratch/"+c.r.PathValue("project")+"/"+before.Name, before.Value, nil)
	return done{true}, nil
}
