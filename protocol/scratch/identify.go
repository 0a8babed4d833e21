package scratch

import (
	"strings"

	"github.com/skeinhq/skein/codec"
)

// LoginExposed says whether a client sent the login of a Scratch user along: a Cookie header that starts with
// scratchsessionsid=, which is what TurboWarp's cloud-server looks for, or a header of the name scratchsessionsid,
// which is what CloudLink looks for.
func LoginExposed(cookie, scratchsessionsid string) bool {
	return strings.HasPrefix(cookie, "scratchsessionsid=") || scratchsessionsid != ""
}

func (r *Rules) closeForSecurity() Decision {
	e := Ending{Text: TextSecurity, Code: CodeSecurity}
	if r.c.Dialect == CloudLink {
		e.Reason = ReasonSecurity
	}
	return Decision{Kind: Close, Close: e}
}

// Fits says whether a first message is one of Scratch: an object with a string method, which in CloudLink's
// dialect passes the general validation as well. It is for a port that serves several protocols, which asks each
// of them in turn and hands the message to the session of the one that it fits.
func (r *Rules) Fits(payload []byte, binary bool) bool {
	if binary && !r.c.Dialect.readsBinary() {
		return false
	}
	p, problem := parse(payload, binary)
	defer p.release()
	return problem == wellFormed && r.fits(p)
}

func (r *Rules) fits(p *packet) bool {
	if r.c.Dialect == CloudLink {
		return p.valid()
	}
	return p.method().Kind() == codec.KindString
}

// Refuse decides about a first message that fits no protocol of the port: a text that says why and a close with
// the same text as reason, as CloudLink does; in TurboWarp's dialect on a port of its own a close with 4000.
func (r *Rules) Refuse(payload []byte, binary bool) Decision {
	if binary && !r.c.Dialect.readsBinary() && (!r.c.Shared || r.Fits(payload, false)) {
		return ignore
	}
	if !r.refusesWithText() {
		return closeWith(CodeProtocolError)
	}
	p, problem := parse(payload, binary)
	p.release()
	text := TextUnidentified
	switch problem {
	case empty:
		text = TextEmpty
	case notJSON:
		text = TextInvalidJSON
	}
	return Decision{Kind: Close, Close: Ending{Text: text, Code: CodeNormal, Reason: text}}
}
