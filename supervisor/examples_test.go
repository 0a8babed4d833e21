package supervisor_test

import (
	"fmt"
	"log/slog"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/internal/wstest"
)

// local are the options of the examples: a free port of this machine, and no log.
func local() supervisor.Options {
	return supervisor.Options{Listen: []string{"127.0.0.1:0"}, Logger: slog.New(slog.DiscardHandler)}
}

// try starts a server, lets a client play with it, and stops it.
func try(srv *supervisor.Server, answers int, messages ...string) {
	if err := srv.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Stop()
	play(srv.Listeners()[0].URL(), answers, messages...)
}

// play connects a client that sends the messages, prints the first answers that it gets, and leaves.
func play(url string, answers int, messages ...string) {
	c, err := wstest.Dial(url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.Send(messages...); err != nil {
		fmt.Println(err)
		return
	}
	for range answers {
		fmt.Println(c.Read())
	}
}
