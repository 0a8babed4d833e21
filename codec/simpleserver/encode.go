package simpleserver

import (
	"slices"
	"strconv"
	"strings"
)

// Limits of the encoder, and those of a Parser where none are set.
const (
	// MaxHead is the limit on all encoded headers of a message, in bytes.
	MaxHead = 8192
	// MaxHeaders is the limit on the number of headers of a message, the one that carries the length not counted.
	MaxHeaders = 64
)

// Hello is the framed message without headers and body (section 4). It makes a connection framed, keeps it alive, and
// is never delivered.
const Hello = "$@len:0|%"

// Names that messages of programs cannot have.
const (
	lengthName = "@len"
	partName   = "@part"
)

// maxLength is the largest number of ten digits.
const maxLength = 9_999_999_999

// Check tells whether the message can be encoded so that it is read as it is (section 2). The error is an *Error.
func (m *Message) Check() error {
	if _, err := m.head(); err != nil {
		return err
	}
	return nil
}

// head checks the headers and returns how many bytes they take.
func (m *Message) head() (size int, err *Error) {
	for i := range m.Headers {
		h := &m.Headers[i]
		if h.Name == "" || h.Name == lengthName || h.Name == partName || strings.ContainsAny(h.Name, ":|%$") {
			return 0, ErrHeaderName
		}
		if strings.IndexByte(h.Value, '|') >= 0 || strings.IndexByte(h.Value, '%') >= 0 {
			return 0, ErrHeaderValue
		}
		size += len(h.Name) + len(h.Value) + len(":|")
	}
	if size > MaxHead {
		return 0, ErrHeadTooLarge
	}
	if len(m.Headers) > MaxHeaders {
		return 0, ErrTooManyHeaders
	}
	return size, nil
}

// AppendLegacy appends the message in the form without a length to dst (section 2), with all bytes as they are and
// whatever its size. A Python client needs LegacyParts instead. The error is an *Error and leaves dst as it was.
func (m *Message) AppendLegacy(dst []byte) ([]byte, error) {
	size, err := m.head()
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, len("$%")+size+len(m.Body))
	return append(m.appendHead(append(dst, '$')), m.Body...), nil
}

// AppendFramed appends the message with the length of its body to dst (section 4). A message without headers and body
// becomes a Hello, which the peer does not deliver. The error is an *Error and leaves dst as it was.
func (m *Message) AppendFramed(dst []byte) ([]byte, error) {
	size, err := m.head()
	if err != nil {
		return dst, err
	}
	if int64(len(m.Body)) > maxLength {
		return dst, ErrTooLarge
	}
	const prefix = "$" + lengthName + ":"
	var room [10]byte
	digits := strconv.AppendInt(room[:0], int64(len(m.Body)), 10)
	// The parser looks at all headers, so the length has to fit in with the others.
	if size += len(prefix) - len("$") + len(digits) + len("|"); size > MaxHead {
		return dst, ErrHeadTooLarge
	}
	dst = slices.Grow(dst, len("$%")+size+len(m.Body))
	dst = append(append(dst, prefix...), digits...)
	return append(m.appendHead(append(dst, '|')), m.Body...), nil
}

// appendHead appends the headers and the separator.
func (m *Message) appendHead(dst []byte) []byte {
	for i := range m.Headers {
		h := &m.Headers[i]
		dst = append(dst, h.Name...)
		dst = append(dst, ':')
		dst = append(dst, h.Value...)
		dst = append(dst, '|')
	}
	return append(dst, '%')
}
