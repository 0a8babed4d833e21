package simpleserver

// Error says why a message cannot be encoded. The errors of this package are the variables below, so they can be
// compared; they are immutable.
type Error struct {
	// Name is the specification's name of the error (sections 2 and 6), fit to be sent to a peer.
	Name string
	text string
}

// Error implements error.
func (e *Error) Error() string { return "simpleserver: " + e.text }

// Reasons why a message cannot be encoded.
var (
	// ErrHeaderName is for a name that is empty, reserved, or holds a separator.
	ErrHeaderName = &Error{"header_name", "header name is empty, reserved or holds one of : | % $"}
	// ErrHeaderValue is for a value that holds a separator.
	ErrHeaderValue = &Error{"header_value", "header value holds | or %"}
	// ErrHeadTooLarge is for headers that take more than MaxHead bytes, or leave too little of a part for the body.
	ErrHeadTooLarge = &Error{"head_too_large", "headers are too large"}
	// ErrTooManyHeaders is for more than MaxHeaders headers.
	ErrTooManyHeaders = &Error{"too_many_headers", "too many headers"}
	// ErrTooLarge is for a body that would need too many parts, or a longer length than there can be.
	ErrTooLarge = &Error{"too_large", "message is too large"}
)
