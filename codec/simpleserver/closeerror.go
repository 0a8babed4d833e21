package simpleserver

// Reasons of a CloseError (sections 4 and 5).
const (
	// ReasonBadLength is for a framed message whose length is not a number.
	ReasonBadLength = "bad_length"
	// ReasonTooLarge is for a message above the limit.
	ReasonTooLarge = "too_large"
	// ReasonStalled is for a framed message whose rest did not come.
	ReasonStalled = "stalled"
	// ReasonTruncated is for a framed message that the end of the stream cut off.
	ReasonTruncated = "truncated"
)

// CloseError says why a connection has to be closed. It is immutable.
type CloseError struct {
	// Reason is one of the constants.
	Reason string
}

// Error implements error.
func (e *CloseError) Error() string { return "simpleserver: close: " + e.Reason }

var (
	errBadLength = &CloseError{ReasonBadLength}
	errTooLarge  = &CloseError{ReasonTooLarge}
	errStalled   = &CloseError{ReasonStalled}
	errTruncated = &CloseError{ReasonTruncated}
)
