// Package simpleserver encodes and parses the messages of SimpleServer, in the form that its Python library uses
// (legacy) and in one that carries the length of the body (framed). It knows neither sockets nor time: who owns a
// Parser runs its timers.
package simpleserver

// Header is one header of a Message. A header without a value has the value "".
type Header struct {
	Name, Value string
}

// Message is an ordered list of headers and a body (section 1 of the specification). Names may occur several times.
// Texts are UTF-8 by agreement only: bytes are kept as they came.
//
// A Message is not safe for use by several goroutines while one of them changes it.
type Message struct {
	Headers []Header
	Body    []byte
}

// Get returns the value of the first header of that name, and whether there is one.
func (m *Message) Get(name string) (value string, ok bool) {
	for i := range m.Headers {
		if m.Headers[i].Name == name {
			return m.Headers[i].Value, true
		}
	}
	return "", false
}

// Has tells whether there is a header of that name.
func (m *Message) Has(name string) bool {
	_, ok := m.Get(name)
	return ok
}

// Add appends a header. What cannot be encoded is found by Check, not here.
func (m *Message) Add(name, value string) {
	m.Headers = append(m.Headers, Header{name, value})
}
