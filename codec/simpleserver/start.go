package simpleserver

import "bytes"

// Limits of a header at which an S1 start is recognised, in bytes.
const (
	maxStartName  = 128
	maxStartValue = 4096
)

// Where the search is in a possible start.
const (
	inNone   = iota // in none
	inDollar        // behind the prefix
	inName          // in a name, of which there is at least one byte
	inValue         // in a value
	inBar           // behind the bar of a header
)

// startSearch looks for the place where the next message begins (section 5, S1 and S2). It looks at no byte twice,
// however the bytes come: a prefix ends any start that it finds incomplete, so one at most has to be remembered.
type startSearch struct {
	next   int   // first byte not looked at
	dollar int   // where the possible start begins
	length int   // of the name or value that it is in
	state  uint8 // in*
}

// find goes on with the search in data, which begins with what the last call got. It returns the leftmost start, or -1
// if there is none yet. An S2 counts where short returns true.
func (s *startSearch) find(data []byte, short func(dollar int) bool) int {
	i := s.next
	for i < len(data) {
		if s.state == inNone {
			n := bytes.IndexByte(data[i:], '$')
			if n < 0 {
				break
			}
			s.begin(i + n)
			i += n + 1
			continue
		}
		c := data[i]
		switch {
		case c == '$':
			s.begin(i)
		case c == '%':
			if s.state == inBar || s.state == inDollar && short(s.dollar) {
				return s.dollar
			}
			s.state = inNone
		case s.state == inValue:
			if c == '|' {
				s.state = inBar
			} else if s.length++; s.length > maxStartValue {
				s.state = inNone
			}
		case s.state == inName && c == ':':
			s.state, s.length = inValue, 0
		case c == ':' || c == '|':
			s.state = inNone
		case s.state == inName:
			if s.length++; s.length > maxStartName {
				s.state = inNone
			}
		default:
			s.state, s.length = inName, 1
		}
		i++
	}
	s.next = len(data)
	return -1
}

func (s *startSearch) begin(dollar int) { s.state, s.dollar = inDollar, dollar }
