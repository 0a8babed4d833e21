package simpleserver

import (
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	codec "github.com/skeinhq/skein/codec/simpleserver"
	"github.com/skeinhq/skein/tests/harness"
)

// A decodeVector is a conversation with a parser.
type decodeVector struct {
	Name   string `json:"name"`
	Events []struct {
		Read    *string `json:"read"`
		ReadHex *string `json:"read_hex"`
		Idle    bool    `json:"idle"`
		Stall   bool    `json:"stall"`
		EOF     bool    `json:"eof"`
	} `json:"events"`
	Expect []struct {
		Headers [][2]string `json:"headers"`
		Body    *string     `json:"body"`
		BodyHex *string     `json:"body_hex"`
	} `json:"expect"`
	Counts   []int           `json:"counts"`
	Close    *string         `json:"close"`
	Framed   bool            `json:"framed"`
	Limits   json.RawMessage `json:"limits"`
	UnitOnly bool            `json:"unit_only"`
	Upstream json.RawMessage `json:"upstream"`
}

// idle is the demo's in TestDecodeVectors: so long that reads that belong together are not torn apart.
const idle = 250 * time.Millisecond

// TestDecodeVectors sends the reads of the unit vectors to the demo, which sends back what it has understood.
func TestDecodeVectors(t *testing.T) {
	var file struct {
		About   string         `json:"about"`
		Vectors []decodeVector `json:"vectors"`
	}
	readStrictly(t, filepath.Join(vectorFolder(), "decode.json"), &file)
	harness.Skein(t)
	d := startDemo(t, "--idle-ms", "250", "--idle-large-ms", "250")
	t.Run("vectors", func(t *testing.T) { // ends when all of them have
		for _, v := range file.Vectors {
			if v.UnitOnly {
				continue // it needs borders of reads, timers or limits that only a parser can be given
			}
			t.Run(v.Name, func(t *testing.T) {
				t.Parallel()
				v.play(t, d.connect(t))
			})
		}
	})
}

func (v *decodeVector) play(t *testing.T, c *client) {
	answered := 0
	for i, e := range v.Events {
		switch {
		case e.Read != nil:
			must(t, c.send(*e.Read))
		case e.ReadHex != nil:
			must(t, c.send(string(unhex(t, *e.ReadHex))))
		case e.Idle && v.Counts[i] == answered: // nothing is to come of it, which takes that long to see
			must(t, c.expectNothing(2*idle))
		case e.Idle: // the answers tell that the time has passed
		default:
			t.Fatal("the event is of no kind that a server can be shown")
		}
		for ; answered < v.Counts[i]; answered++ {
			for _, text := range v.answer(t, answered) {
				if err := c.expect(text); err != nil {
					t.Fatalf("message %d: %v", answered, err)
				}
			}
		}
	}
	if v.Close != nil {
		must(t, c.expectEOF())
		return
	}
	// Nothing else is on its way. This form needs no silence behind it.
	const next = "$@len:22|next:1|%and nothing in between"
	must(t, c.send(next))
	must(t, c.expect(next))
}

// answer is what the demo sends when it has got a message.
func (v *decodeVector) answer(t *testing.T, i int) []string {
	m := &codec.Message{}
	for _, h := range v.Expect[i].Headers {
		m.Add(h[0], h[1])
	}
	if v.Expect[i].Body != nil {
		m.Body = []byte(*v.Expect[i].Body)
	} else {
		m.Body = unhex(t, *v.Expect[i].BodyHex)
	}
	if err := m.Check(); err != nil {
		t.Fatalf("the demo cannot send this back: %v", err)
	}
	if v.Framed {
		text, err := m.AppendFramed(nil)
		must(t, err)
		return []string{string(text)}
	}
	parts, err := m.LegacyParts(codec.PercentKeep)
	must(t, err)
	var all []string
	for _, p := range parts {
		all = append(all, string(p))
	}
	return all
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	must(t, err)
	return b
}
