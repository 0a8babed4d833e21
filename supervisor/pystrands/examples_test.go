package pystrands_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/gorilla/websocket"

	"github.com/skeinhq/skein/supervisor"
	"github.com/skeinhq/skein/supervisor/pystrands"
)

// patience is how long the examples wait for anything.
const patience = 20 * time.Second

// broker is the broker of an example.
type broker struct{ *supervisor.Server }

// startBroker starts a broker on free ports of this machine.
func startBroker() broker {
	srv := supervisor.New(supervisor.Options{
		NoListen:  true,
		PyStrands: supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:0"}, Backends: []string{"127.0.0.1:0"}},
		Logger:    slog.New(slog.DiscardHandler),
	})
	if err := srv.Start(); err != nil {
		panic(err)
	}
	return broker{srv}
}

// options are those of a backend of this broker, which ends with it.
func (b broker) options() pystrands.Options {
	return pystrands.Options{Addrs: []string{b.BackendListeners()[0].Addr().String()}, ReconnectDelay: -1}
}

// try runs a backend, lets end clients play with it, and drains the broker, so that the backend hears the rest.
func (b broker) try(c *pystrands.Client, play func()) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	for b.Broker.Backends.Load() == 0 && ctx.Err() == nil {
		runtime.Gosched()
	}
	play()
	if err := b.Drain(ctx); err != nil {
		fmt.Println(err)
	}
	<-done
}

// page is an end client, such as a page in a browser.
type page struct{ conn *websocket.Conn }

// open connects an end client. It prints why that does not work.
func (b broker) open(path string) *page {
	conn, answer, err := websocket.DefaultDialer.Dial("ws://"+b.PyStrandsListeners()[0].Addr().String()+path, nil)
	switch {
	case answer != nil && err != nil:
		fmt.Println(answer.Status)
	case err != nil:
		fmt.Println(err)
	}
	return &page{conn}
}

// say sends a message.
func (p *page) say(text string) {
	if err := p.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		fmt.Println(err)
	}
}

// hear returns the next message.
func (p *page) hear() string {
	p.conn.SetReadDeadline(time.Now().Add(patience))
	_, text, err := p.conn.ReadMessage()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// leave hangs up.
func (p *page) leave() { p.conn.Close() }
