package pystrands

import (
	"maps"
	"slices"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// The texts of error events about refused clients begin with these.
const (
	ProblemNoBackend   = "no backend available to handle connection request"
	ProblemTimeout     = "backend did not answer"
	ProblemBadResponse = "bad response"
)

// Request is a client that wants to be let in, as a backend is asked about it.
type Request struct {
	// ID is the request id. It stays the same when another backend is asked.
	ID string
	// URL is the path, unescaped, as URL returns it; Query is what followed it.
	URL, Query string
	// Host and RemoteAddr are where the client connected to and from, as HOST:PORT.
	Host, RemoteAddr string
	// Header has the headers of the request under their canonical names.
	Header map[string][]string
}

// Ask is the event `connection_request`.
func (r *Request) Ask() *codec.Frame {
	b := codecstrands.AppendASCII([]byte(`{"request_id":`), r.ID)
	b = r.appendAbout(append(b, `,"action":"connection_request","params":{`...))
	b = codecstrands.AppendASCII(append(b, `,"query":`...), r.Query)
	b = codecstrands.AppendASCII(append(b, `,"host":`...), r.Host)
	return codec.RawFrame(append(b, "}}\n"...))
}

// Failed is the event `error` about a client that was refused.
func (r *Request) Failed(problem string) *codec.Frame {
	return errorEvent(problem, append(r.appendAbout([]byte{'{'}), '}'))
}

// appendAbout writes headers, remote_addr and url. The headers do not hold the host, as those of Go's requests.
func (r *Request) appendAbout(b []byte) []byte {
	b = append(b, `"headers":{`...)
	first := true
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name == "Host" {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(codecstrands.AppendASCII(b, name), ":["...)
		for i, value := range r.Header[name] {
			if i > 0 {
				b = append(b, ',')
			}
			b = codecstrands.AppendASCII(b, value)
		}
		b = append(b, ']')
	}
	b = codecstrands.AppendASCII(append(b, `},"remote_addr":`...), r.RemoteAddr)
	return codecstrands.AppendASCII(append(b, `,"url":`...), r.URL)
}
