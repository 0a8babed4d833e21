package supervisor_test

import (
	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// A command that takes its time. The handler returns at once and a goroutine answers later; meanwhile the client's
// next commands are carried out.
func Example_answerLater() {
	srv := supervisor.New(local())
	p := srv.CL4()

	done := make(chan struct{}) // stands for a database
	p.OnCommand("lookup", func(c *actors.Client, m cl4.Message) error {
		go func() {
			<-done
			// The listener of m tells the client what this answers.
			_ = p.SendStatus(c, cl4.StatusOK, "", &m, map[string]int{"rows": 7})
		}()
		return nil
	})
	p.OnCommand("ping", func(*actors.Client, cl4.Message) error {
		close(done)
		return nil
	})

	try(srv, 2, `{"cmd":"lookup","listener":"L"}`, `{"cmd":"ping"}`)

	// Output:
	// {"cmd":"statuscode","code":"I:100 | OK","code_id":100}
	// {"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":"L","val":{"rows":7}}
}
