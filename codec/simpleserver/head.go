package simpleserver

import (
	"bytes"
	"strings"
	"unsafe"
)

// head is what a Parser remembers of the head of a message.
type head struct {
	count int    // of its headers, without the length
	own   int    // where its headers begin, behind the length
	value []byte // of the length; nil unless the message is framed
}

// parseHead reads what stands between the prefix and the separator (section 5). It returns false if that is no valid
// head.
func parseHead(text []byte, maxHeaders int) (h head, ok bool) {
	first := true
	for rest := text; len(rest) > 0; {
		entry, after, ended := bytes.Cut(rest, []byte{'|'})
		rest = after
		name, value, colon := bytes.Cut(entry, []byte{':'})
		if !ended && !colon || bytes.IndexByte(name, '$') >= 0 {
			return head{}, false
		}
		switch {
		case len(name) == 0:
			continue
		case first && string(name) == lengthName:
			h.value = value[:len(value):len(value)]
			if h.value == nil {
				h.value = []byte{}
			}
			h.own = len(text) - len(rest)
		default:
			if h.count++; h.count > maxHeaders {
				return head{}, false
			}
		}
		first = false
	}
	return h, true
}

// parseLength reads the length of a framed message: one to ten digits.
func parseLength(value []byte, limit int) (int, *CloseError) {
	if len(value) == 0 || len(value) > 10 {
		return 0, errBadLength
	}
	var n int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, errBadLength
		}
		n = n*10 + int64(c-'0')
	}
	if n > int64(limit) {
		return 0, errTooLarge
	}
	return int(n), nil
}

// apart is from what size of the body on the headers get memory of their own, so that a header that is kept does not
// keep a large body.
const apart = 4 << 10

// newMessage makes a message of a valid head and a body. It copies the head, and the body unless it is handed over.
func newMessage(text, body []byte, count int, handover bool) *Message {
	m := emptyMessage(count)
	var names string
	switch {
	case len(body) >= apart && handover:
		names, m.Body = string(text), body[:len(body):len(body)]
	case len(body) >= apart:
		names, m.Body = string(text), bytes.Clone(body)
	case len(text)+len(body) > 0:
		store := make([]byte, len(text)+len(body))
		n := copy(store, text)
		copy(store[n:], body)
		m.Body = store[n:]
		// Nobody can reach these bytes but through the string: a slice cannot be extended to its left.
		names = unsafe.String(unsafe.SliceData(store), n)
	}
	for names != "" {
		var entry string
		entry, names, _ = strings.Cut(names, "|")
		if name, value, _ := strings.Cut(entry, ":"); name != "" {
			m.Headers = append(m.Headers, Header{name, value})
		}
	}
	return m
}

// emptyMessage returns a message with room for some headers. Few of them are allocated together with it.
func emptyMessage(headers int) *Message {
	switch {
	case headers == 0:
		return new(Message)
	case headers <= 2:
		m := new(struct {
			Message
			headers [2]Header
		})
		m.Headers = m.headers[:0:headers]
		return &m.Message
	case headers <= 6:
		m := new(struct {
			Message
			headers [6]Header
		})
		m.Headers = m.headers[:0:headers]
		return &m.Message
	}
	return &Message{Headers: make([]Header, 0, headers)}
}
