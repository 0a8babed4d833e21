package scratch

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mailru/easyjson/jlexer"

	"github.com/skeinhq/skein/codec"
	wire "github.com/skeinhq/skein/codec/scratch"
)

// maxDepth bounds how deep a message may be nested; what is deeper counts as no JSON.
const maxDepth = 512

// problem says why a message is no object.
type problem uint8

const (
	wellFormed problem = iota
	empty
	notJSON
	notObject
)

// packet is one decoded message. Its parts point into the message.
type packet struct {
	w     wire.Packet
	lexer jlexer.Lexer
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// parse decodes a message. The packet is never nil and goes back with release. Text was checked to be UTF-8 before;
// binary messages were not, and what they hold may be sent on in text.
func parse(payload []byte, binary bool) (*packet, problem) {
	p := packets.Get().(*packet)
	p.w.Reset()
	if len(payload) == 0 {
		return p, empty
	}
	if binary && !utf8.Valid(payload) || codec.CheckJSON(payload, maxDepth) != nil {
		return p, notJSON
	}
	if !startsObject(payload) {
		return p, notObject
	}
	p.lexer = jlexer.Lexer{Data: payload}
	p.w.UnmarshalEasyJSON(&p.lexer)
	if p.lexer.Error() != nil {
		return p, notJSON
	}
	return p, wellFormed
}

func (p *packet) release() {
	p.w = wire.Packet{}
	p.lexer = jlexer.Lexer{}
	packets.Put(p)
}

func startsObject(payload []byte) bool {
	for _, c := range payload {
		if c > ' ' {
			return c == '{'
		}
	}
	return false
}

func (p *packet) method() codec.Raw    { return codec.FieldValue(p.w.Method) }
func (p *packet) name() codec.Raw      { return codec.FieldValue(p.w.Name) }
func (p *packet) newName() codec.Raw   { return codec.FieldValue(p.w.NewName) }
func (p *packet) value() codec.Raw     { return codec.FieldValue(p.w.Value) }
func (p *packet) user() codec.Raw      { return codec.FieldValue(p.w.User) }
func (p *packet) projectID() codec.Raw { return codec.FieldValue(p.w.ProjectID) }

// valid is CloudLink's general validation, which every message has to pass.
func (p *packet) valid() bool {
	if p.method().Kind() != codec.KindString {
		return false
	}
	for _, raw := range [...]codec.Raw{p.name(), p.newName()} {
		if k := raw.Kind(); k != codec.KindAbsent && k != codec.KindString {
			return false
		}
	}
	if p.value().Kind() == codec.KindNull {
		return false
	}
	switch p.projectID().Kind() {
	case codec.KindAbsent, codec.KindString, codec.KindNumber, codec.KindBool:
	default:
		return false
	}
	user := p.user()
	if user.Kind() == codec.KindAbsent {
		return true
	}
	text, ok := textOf(user)
	if !ok {
		return false
	}
	n := utf8.RuneCount(text)
	return n >= 1 && n <= maxUsername
}

// textOf returns the characters of a JSON string. They point into the message unless it was written with escapes.
func textOf(raw codec.Raw) (text []byte, ok bool) {
	if raw.Kind() != codec.KindString {
		return nil, false
	}
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' {
			s, ok := raw.Str()
			return []byte(s), ok
		}
	}
	return inner, true
}

// projectText returns the text of a project_id that is a string or a number. Integers keep all of their digits,
// other numbers get the text that JavaScript has for them.
func projectText(raw codec.Raw) string {
	switch raw.Kind() {
	case codec.KindString:
		text, _ := textOf(raw)
		return string(text)
	case codec.KindNumber:
		s := string(raw)
		if isInteger(s) {
			if s == "-0" {
				return "0"
			}
			return s
		}
		if text, finite := jsNumber(s); finite {
			return text
		}
		return strings.ToLower(s)
	}
	return string(raw)
}
