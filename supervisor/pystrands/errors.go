package pystrands

import (
	"errors"
	"fmt"
)

// Errors of a Client.
var (
	// ErrNotConnected is returned for a message when there is no connection to a broker. The message is lost: whether
	// it still makes sense later is for the program to say.
	ErrNotConnected = errors.New("pystrands: not connected")
	// ErrQueueFull is returned for a message when the broker does not take what is sent fast enough.
	ErrQueueFull = errors.New("pystrands: too much waits to be sent")
	// ErrTokenRefused is returned by Connect when the broker does not accept the token, or none.
	ErrTokenRefused = errors.New("pystrands: the broker refused the token")
	// ErrDisconnected is returned by Connect after Disconnect.
	ErrDisconnected = errors.New("pystrands: disconnected")
	// ErrConnected is returned by Connect when the client is connected already.
	ErrConnected = errors.New("pystrands: connected already")
)

// BrokerError is what OnError gets when a broker has something to complain about: a line that it did not understand, or
// a client that was refused because no backend let it in.
type BrokerError struct {
	// Text is what the broker said.
	Text string
	// URL and RemoteAddr are those of the refused client, empty for a line that was not understood.
	URL, RemoteAddr string
}

// Error implements error.
func (e *BrokerError) Error() string {
	if e.URL == "" {
		return "broker: " + e.Text
	}
	return fmt.Sprintf("broker: %s (client %s, %s)", e.Text, e.RemoteAddr, e.URL)
}

// PanicError is what OnError gets when a callback has panicked.
type PanicError struct {
	Callback string // its name, such as OnMessage
	Value    any    // of the panic
	Stack    string
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.Callback, e.Value) }

// LineError is what OnError gets for a line of the broker that makes no sense.
type LineError struct{ Err error }

// Error implements error.
func (e *LineError) Error() string {
	return "a line of the broker was not understood: " + e.Err.Error()
}

// Unwrap returns what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }
