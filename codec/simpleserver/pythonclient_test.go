package simpleserver

import (
	"strings"
	"unicode/utf8"
)

// pythonSees is what the Python library makes of the bytes of one recv (section 3), or the exception that it raises.
func pythonSees(wire string) (headers []Header, body, exception string) {
	wire = wire[:min(len(wire), 1024)]
	if !utf8.ValidString(wire) {
		return nil, "", "raises UnicodeDecodeError"
	}
	_, first := utf8.DecodeRuneInString(wire)
	pieces := strings.Split(wire[first:], "%")
	if len(pieces) < 2 {
		return nil, "", "raises IndexError"
	}
	for _, entry := range strings.Split(pieces[0], "|") {
		if entry == "" {
			continue
		}
		fields := strings.Split(entry, ":")
		if len(fields) < 2 {
			return nil, "", "raises IndexError"
		}
		headers = append(headers, Header{fields[0], fields[1]})
	}
	return headers, pieces[1], ""
}

// pythonEncodes is what the Python library writes for a message: it refuses nothing.
func pythonEncodes(m *Message) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, h := range m.Headers {
		b.WriteString(h.Name + ":" + h.Value + "|")
	}
	b.WriteByte('%')
	b.Write(m.Body)
	return b.String()
}
