package supervisor_test

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// What the actor of the poll is sent. These are the plugin's own types.
type (
	vote struct {
		from   *actors.Client
		msg    cl4.Message
		Choice string `json:"choice"`
	}
	closePoll struct{ by *actors.Client }
)

// votes is the state. It lives outside the actor, which can fail and be restarted.
type votes map[string]int

// poll is the actor. It alone touches the votes, so they need no lock.
type poll struct {
	cl4   *actors.CL4Protocol
	votes votes
}

func (p poll) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case vote:
		p.votes[m.Choice]++
		_ = p.cl4.SendStatus(m.from, cl4.StatusOK, "", &m.msg, nil)
	case closePoll:
		_ = m.by.Send(map[string]any{"cmd": "poll", "val": p.votes})
	}
}

// An actor of a plugin, with its own message types, which clients' commands reach by its name.
func Example_ownActor() {
	srv := supervisor.New(local())

	state := votes{}
	_ = srv.Spawn("poll", func() actor.Actor { return poll{srv.CL4(), state} })

	ballot := actors.CommandOptions{Schema: cl4.Schema{
		Fields: []cl4.Field{{Key: "choice", Types: cl4.TypeString, Required: true}},
	}}
	srv.CL4().OnCommandWith("vote", ballot, func(c *actors.Client, m cl4.Message) error {
		v := vote{from: c, msg: m}
		if err := m.Decode(&v); err != nil {
			return err
		}
		return srv.Tell("poll", v)
	})
	srv.CL4().OnCommand("close_poll", func(c *actors.Client, m cl4.Message) error {
		return srv.Tell("poll", closePoll{c})
	})

	try(srv, 4,
		`{"cmd":"vote","choice":"tea","listener":1}`,
		`{"cmd":"vote","choice":"tea","listener":2}`,
		`{"cmd":"vote","choice":["coffee"],"listener":3}`,
		`{"cmd":"close_poll"}`,
	)

	// Unordered output:
	// {"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":1}
	// {"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":2}
	// {"cmd":"statuscode","code":"E:101 | Syntax","code_id":101,"details":{"choice":["must be of string type"]},"listener":3}
	// {"cmd":"poll","val":{"tea":2}}
}
