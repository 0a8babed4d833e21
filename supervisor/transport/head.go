package transport

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
)

// headBuffer holds what one upgrade needs, for the time of the upgrade.
type headBuffer struct {
	buf  []byte // the head and what came in behind it
	head head
	out  bytes.Buffer
}

// headSurplus is the room for input behind the head. More of it stays in the socket until the reader takes over.
const headSurplus = 4 << 10

// headUsual is the size of a headBuffer that need not grow for what clients usually send.
const headUsual = 8 << 10

func newHeadBuffer(maxHead int) *headBuffer {
	return &headBuffer{buf: make([]byte, min(maxHead, headUsual)+headSurplus), head: head{fields: make([]field, 0, 32)}}
}

// grow makes room behind buf[:n], for heads of at most maxHead bytes.
func (hb *headBuffer) grow(n, maxHead int) {
	if n == len(hb.buf) && n < maxHead+headSurplus {
		larger := make([]byte, min(2*n, maxHead+headSurplus))
		copy(larger, hb.buf)
		hb.buf = larger
	}
}

// usual tells whether the buffer is worth keeping.
func (hb *headBuffer) usual() bool { return len(hb.buf) <= headUsual+headSurplus }

// field is one header line (RFC 9112 section 5).
type field struct{ name, value []byte }

// head is a parsed request (RFC 9112 sections 3 and 5). It points into its headBuffer.
type head struct {
	method, uri  []byte
	major, minor byte
	fields       []field
}

// headEnd returns the length of the head at the beginning of b with its empty line, or -1 while it is incomplete.
// Only what is behind from can be new. Lines may end in LF alone (RFC 9112 section 2.2).
func headEnd(b []byte, from int) int {
	i := max(0, from-3)
	for {
		lf := bytes.IndexByte(b[i:], '\n')
		if lf < 0 {
			return -1
		}
		i += lf + 1
		switch rest := b[i:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return i + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return i + 2
		}
	}
}

// plausible judges what there is of a request line.
func plausible(b []byte, maxURI int) *Refusal {
	if line, _, complete := bytes.Cut(b, []byte("\n")); complete {
		return new(head).requestLine(bytes.TrimSuffix(line, []byte("\r")), maxURI)
	}
	method, uri, ok := bytes.Cut(b, []byte(" "))
	if !isToken(method) || len(method) > maxMethod {
		return refuseNotHTTP
	}
	if ok && len(uri) > maxURI && bytes.IndexByte(uri[:maxURI+1], ' ') < 0 {
		return refuseURITooLong
	}
	return nil
}

// maxMethod is longer than any method there is.
const maxMethod = 32

// requestLine reads METHOD TARGET HTTP/1.1.
func (h *head) requestLine(line []byte, maxURI int) *Refusal {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	uri, version, _ := bytes.Cut(rest, []byte(" "))
	switch {
	case !isToken(method) || len(method) > maxMethod:
		return refuseNotHTTP
	case len(uri) > maxURI:
		return refuseURITooLong
	case len(uri) == 0 || !isPrintable(uri):
		return refuseNotHTTP
	case len(version) != 8 || string(version[:5]) != "HTTP/" || version[6] != '.' ||
		!isDigit(version[5]) || !isDigit(version[7]):
		return refuseNotHTTP
	}
	h.method, h.uri = method, uri
	h.major, h.minor = version[5]-'0', version[7]-'0'
	return nil
}

// parse reads a complete head. It uses the room of fields.
func (h *head) parse(b []byte, fields []field, maxURI int) *Refusal {
	line, b := cutLine(b)
	if r := h.requestLine(line, maxURI); r != nil {
		return r
	}
	h.fields = fields[:0]
	for {
		line, b = cutLine(b)
		if len(line) == 0 {
			return nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		value = bytes.Trim(value, " \t")
		if !ok || !isToken(name) || !isFieldValue(value) {
			return refuseBadHeader // also for a blank before the colon and for folded lines
		}
		h.fields = append(h.fields, field{name, value})
	}
}

func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// get returns the value of a field and how often the field is there.
func (h *head) get(name string) (value []byte, n int) {
	for _, f := range h.fields {
		if equalFold(f.name, name) {
			if n == 0 {
				value = f.value
			}
			n++
		}
	}
	return value, n
}

// joined returns all values of a field with a comma and a blank between them (RFC 9110 section 5.2).
func (h *head) joined(name string) string {
	var all []string
	for _, f := range h.fields {
		if equalFold(f.name, name) {
			all = append(all, string(f.value))
		}
	}
	return strings.Join(all, ", ")
}

// has tells whether a list field contains a token (RFC 9110 section 5.6.1).
func (h *head) has(name, token string) bool {
	for _, f := range h.fields {
		if equalFold(f.name, name) && listHas(f.value, token) {
			return true
		}
	}
	return false
}

func listHas(list []byte, token string) bool {
	for part := range bytes.SplitSeq(list, []byte(",")) {
		if equalFold(bytes.Trim(part, " \t"), token) {
			return true
		}
	}
	return false
}

func (h *head) header() http.Header {
	header := make(http.Header, len(h.fields))
	for _, f := range h.fields {
		header.Add(string(f.name), string(f.value))
	}
	return header
}

// webSocketKey tells whether a Sec-WebSocket-Key is 16 bytes of base64 (RFC 6455 section 4.1).
func webSocketKey(key []byte) bool {
	var nonce [18]byte
	if len(key) != 24 {
		return false
	}
	n, err := base64.StdEncoding.Decode(nonce[:], key)
	return err == nil && n == 16
}

func equalFold(b []byte, s string) bool { return len(b) == len(s) && strings.EqualFold(string(b), s) }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isToken: RFC 9110 section 5.6.2.
func isToken(b []byte) bool {
	for _, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c):
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return len(b) > 0
}

// isFieldValue: RFC 9110 section 5.5.
func isFieldValue(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func isPrintable(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return true
}
