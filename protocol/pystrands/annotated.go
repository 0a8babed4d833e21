package pystrands

import (
	"iter"
	"unicode/utf8"

	"github.com/skeinhq/skein/codec"
	codecstrands "github.com/skeinhq/skein/codec/pystrands"
)

// AnnotatedMessage is MessageReceived for a message that has headers of its own: the event has them in `headers`, each
// name with the list of its values, as those of requests. A payload that is not UTF-8 is told as binary ones are.
func (c Context) AnnotatedMessage(payload []byte, headers iter.Seq2[string, string]) *codec.Frame {
	whole := c.MessageReceived(payload, !utf8.Valid(payload)).Wire()
	const tail = "}}\n"
	b := append(whole[:len(whole)-len(tail)], `,"headers":{`...)

	var names []string
	values := make(map[string][]string)
	for name, value := range headers {
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], value)
	}
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(codecstrands.AppendASCII(b, name), ':')
		for j, value := range values[name] {
			b = codecstrands.AppendASCII(append(b, "[,"[min(j, 1)]), value)
		}
		b = append(b, ']')
	}
	return codec.RawFrame(append(append(b, '}'), tail...))
}
