package pystrands

import (
	"bytes"

	"github.com/skeinhq/skein/codec"
)

// Events gets what a Splitter finds, in order.
type Events interface {
	// OnLines gets one or more whole lines, each with its newline. It owns the message and releases it.
	OnLines(m *codec.Message)
	// OnOversize is called once for a line that was skipped because it is too long.
	OnOversize()
}

// Splitter cuts the bytes of a backend into blocks of whole lines, as many at a time as have come in. Between lines it
// holds no buffer. It is not safe for use by several goroutines.
type Splitter struct {
	maxLine  int
	rest     []byte // the beginning of a line
	skipping bool   // the rest of a line that is too long is thrown away
}

// Init makes the splitter ready. Lines of more than maxLine bytes, their newline not counted, are skipped.
func (s *Splitter) Init(maxLine int) { *s = Splitter{maxLine: maxLine} }

// Release gives up the line that has only begun.
func (s *Splitter) Release() { s.rest = nil }

// Feed takes the next bytes. They are not kept.
func (s *Splitter) Feed(in []byte, e Events) {
	if s.skipping {
		i := bytes.IndexByte(in, '\n')
		if i < 0 {
			return
		}
		in, s.skipping = in[i+1:], false
	}
	end := bytes.LastIndexByte(in, '\n') + 1
	lines, tail := in[:end], in[end:]
	for len(lines) > 0 {
		n := len(lines)
		if len(s.rest)+n-1 > s.maxLine {
			n = bytes.IndexByte(lines, '\n') + 1 // one of them may be too long: one by one
		}
		if len(s.rest)+n-1 > s.maxLine {
			s.rest = nil
			e.OnOversize()
		} else {
			s.emit(lines[:n], e)
		}
		lines = lines[n:]
	}
	if len(s.rest)+len(tail) > s.maxLine {
		s.rest, s.skipping = nil, true
		e.OnOversize()
		return
	}
	if len(tail) > 0 {
		s.rest = append(s.rest, tail...)
	}
}

// largeBlock is from what size on a block that was kept in part is handed over without another copy.
const largeBlock = 64 << 10

// blank gives a message its length before its content is there.
var blank [largeBlock]byte

// emit hands over what was kept and what follows.
func (s *Splitter) emit(in []byte, e Events) {
	rest := s.rest
	s.rest = nil
	switch size := len(rest) + len(in); {
	case len(rest) == 0:
		e.OnLines(codec.NewMessage(in, false))
	case size >= largeBlock:
		e.OnLines(&codec.Message{Payload: append(rest, in...)})
	default:
		m := codec.NewMessage(blank[:size], false)
		copy(m.Payload[copy(m.Payload, rest):], in)
		e.OnLines(m)
	}
}

// NextLine returns the first line of a block, without its newline and the blanks around it, and what follows it. Empty
// lines are passed over. It returns false when there is no further line.
func NextLine(block []byte) (line, rest []byte, ok bool) {
	for len(block) > 0 {
		line, block, _ = bytes.Cut(block, []byte{'\n'})
		if line = bytes.Trim(line, " \t\r"); len(line) > 0 {
			return line, block, true
		}
	}
	return nil, nil, false
}
