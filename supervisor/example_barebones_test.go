package supervisor_test

import "github.com/skeinhq/skein/supervisor"

// The smallest server: CL4 and Scratch cloud variables, for this machine only.
func Example_barebones() {
	srv := supervisor.New(local()) // supervisor.Options{} serves 127.0.0.1:3000

	try(srv, 1, `{"cmd":"ping","listener":1}`)

	// Output:
	// {"cmd":"statuscode","code":"I:100 | OK","code_id":100,"listener":1}
}

// A server that speaks CL4 alone. Scratch clients are refused.
func Example_cl4Only() {
	o := local()
	o.Protocols = []string{supervisor.ProtocolCL4}
	srv := supervisor.New(o)

	try(srv, 2, `{"method":"handshake","user":"ann","project_id":"12"}`)

	// Output:
	// Unable to identify protocol
	// closed: 1000 Unable to identify protocol
}

// A cloud variable server that speaks Scratch alone. A variable that one connection sets is there for the next.
func Example_scratchOnly() {
	o := local()
	o.Protocols = []string{supervisor.ProtocolScratch}
	srv := supervisor.New(o)
	defer srv.Stop()

	if err := srv.Start(); err != nil {
		panic(err)
	}
	url := srv.Listeners()[0].URL()
	play(url, 0, `{"method":"handshake","user":"ann","project_id":"12"}`, `{"method":"set","name":"☁ score","value":3}`)
	play(url, 1, `{"method":"handshake","user":"ben","project_id":"12"}`)

	// Output:
	// {"method":"set","name":"☁ score","value":3}
}
