package supervisor_test

import (
	"fmt"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/cl4"
	"github.com/skeinhq/skein/supervisor"
)

// A plugin that displays "Foobar!" when a client sends {"cmd":"foo"}.
func Example_foo() {
	srv := supervisor.New(local())

	srv.CL4().OnCommand("foo", func(c *actors.Client, m cl4.Message) error {
		fmt.Println("Foobar!")
		return nil
	})

	// A program would call srv.Run(ctx) here.
	try(srv, 1, `{"cmd":"foo"}`, `{"cmd":"ping"}`)

	// Output:
	// Foobar!
	// {"cmd":"statuscode","code":"I:100 | OK","code_id":100}
}
