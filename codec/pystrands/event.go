package pystrands

import "github.com/skeinhq/skein/codec"

//go:generate go tool easyjson event.go

// Event is one line of a broker, as a backend reads it. Strings are copies; raw values live as long as the line.
//
//easyjson:json
type Event struct {
	RequestID string      `json:"request_id"`
	Action    string      `json:"action"`
	Params    EventParams `json:"params"`
}

// EventParams has the parameters of all events.
//
//easyjson:json
type EventParams struct {
	Context EventContext `json:"context"`
	Message string       `json:"message"`
	Binary  bool         `json:"binary"`
	Base64  string       `json:"message_b64"`
	Error   string       `json:"error"`

	Headers    map[string][]string `json:"headers"`
	URL        string              `json:"url"`
	Query      string              `json:"query"`
	Host       string              `json:"host"`
	RemoteAddr string              `json:"remote_addr"`
}

// EventContext tells which client an event is about: one that was let in, or, in errors, one that was not.
//
//easyjson:json
type EventContext struct {
	ClientID string    `json:"client_id"`
	RoomID   string    `json:"room_id"`
	Metadata codec.Raw `json:"metadata"`

	URL        string `json:"url"`
	RemoteAddr string `json:"remote_addr"`
}
