package lobby

import (
	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
)

// request is a command of a client, which the actor answers.
type request struct {
	from *actors.Client
	msg  cl4.Message
}

// What the actor is sent. Sessions of clients send all of it.
type (
	create struct {
		request
		Name     string `json:"name"`
		Password string `json:"password"`
		Max      int    `json:"max"`
	}
	join struct {
		request
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	leave struct{ request }
	list  struct{ request }
	kick  struct {
		request
		id string
	}
	lock struct {
		request
		Locked bool `json:"val"`
	}
	start struct{ request }
	// gone: a connection has ended.
	gone struct{ client *actors.Client }
)

func newCreate(r request) (any, error) {
	m := create{request: r, Max: maxDefault}
	if err := r.msg.Decode(&m); err != nil {
		return nil, err
	}
	switch {
	case m.Name == "" || len(m.Name) > maxName || len(m.Password) > maxPassword:
		return nil, cl4.Refuse(cl4.StatusTooLarge, "The name must be 1 to 64 bytes long, the password at most 64.")
	case m.Max < 1 || m.Max > maxMembers:
		return nil, cl4.Refuse(cl4.StatusTooLarge, "A lobby holds 1 to 64 members.")
	}
	return m, nil
}

func newJoin(r request) (any, error) {
	m := join{request: r}
	err := r.msg.Decode(&m)
	return m, err
}

func newKick(r request) (any, error) {
	id, _ := r.msg.ID.Str()
	return kick{r, id}, nil
}

func newLock(r request) (any, error) {
	m := lock{request: r}
	err := r.msg.Decode(&m)
	return m, err
}

func newLeave(r request) (any, error) { return leave{r}, nil }
func newList(r request) (any, error)  { return list{r}, nil }
func newStart(r request) (any, error) { return start{r}, nil }
