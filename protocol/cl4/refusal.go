package cl4

import "github.com/skeinhq/skein/codec"

// Kind is the kind of exception that a refused message is to plugins.
type Kind uint8

// The kinds of exceptions of CloudLink's plugins.
const (
	EmptyMessage Kind = iota
	JSONError
	ValidationError
	InvalidCommand
	InternalError
	Overloaded
)

var kindNames = [...]string{"EmptyMessage", "JSONError", "ValidationError", "InvalidCommand", "InternalError", "Overloaded"}

// String returns the name that CloudLink gave the kind.
func (k Kind) String() string { return kindNames[k] }

// Refusal is why a message was not carried out.
type Refusal struct {
	Kind    Kind
	Packet  StatusPacket // the answer
	Details string       // for plugins: a sentence, the parser's error, the command's name or the JSON of the bad keys
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string { return r.Kind.String() + ": " + r.Details }

// refuseSyntax refuses a message whose keys do not fit.
func refuseSyntax(details codec.Raw, listener codec.Raw) *Refusal {
	return &Refusal{
		Kind:    ValidationError,
		Packet:  StatusPacket{Status: StatusSyntax, Details: details, Listener: listener},
		Details: string(details),
	}
}

// UsernameRequired refuses a command that needs a name.
func UsernameRequired(m *Message) *Refusal {
	const details = "This command requires setting a username."
	return &Refusal{
		Kind:    ValidationError,
		Packet:  StatusPacket{Status: StatusIDRequired, Details: Text(details), Listener: m.Answerable()},
		Details: details,
	}
}

// StatusError is an error of a handler that its client gets as this status instead of E:105.
type StatusError struct {
	Status Status
	// Details is a sentence. None are sent when it is empty.
	Details string
	// Object is sent as details instead, where it is set, as the answer to a message with bad keys needs it.
	Object codec.Raw
}

// Error implements error.
func (e *StatusError) Error() string {
	if e.Object != nil {
		return e.Status.String() + ": " + string(e.Object)
	}
	return e.Status.String() + ": " + e.Details
}

// Packet returns the answer to m.
func (e *StatusError) Packet(m *Message) StatusPacket {
	p := StatusPacket{Status: e.Status, Details: e.Object, Listener: m.Answerable()}
	if p.Details == nil && e.Details != "" {
		p.Details = Text(e.Details)
	}
	return p
}

// Refuse returns a StatusError.
func Refuse(s Status, details string) error { return &StatusError{Status: s, Details: details} }
