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
	Status  Status
	Details string
}

// Error implements error.
func (e *StatusError) Error() string { return e.Status.String() + ": " + e.Details }

// Refuse returns a StatusError.
func Refuse(s Status, details string) error { return &StatusError{s, details} }
