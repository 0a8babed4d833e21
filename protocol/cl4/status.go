package cl4

import (
	"strconv"

	"github.com/skeinhq/skein/codec"
)

// Status is a CL4 status code. Its text goes over the wire beside the number.
type Status uint8

// The status codes of CloudLink 0.2.0. Clients compare the texts character by character.
const (
	StatusTest                Status = 0
	StatusEcho                Status = 1
	StatusOK                  Status = 100
	StatusSyntax              Status = 101
	StatusDatatype            Status = 102
	StatusIDNotFound          Status = 103
	StatusIDNotSpecificEnough Status = 104
	StatusInternalServerError Status = 105
	StatusEmptyPacket         Status = 106
	StatusIDAlreadySet        Status = 107
	StatusRefused             Status = 108
	StatusInvalidCommand      Status = 109
	StatusCommandDisabled     Status = 110
	StatusIDRequired          Status = 111
	StatusIDConflict          Status = 112
	StatusTooLarge            Status = 113
	StatusJSONError           Status = 114
	StatusRoomNotJoined       Status = 115
)

var statusTexts = [...]string{
	StatusTest:                "I:0 | Test",
	StatusEcho:                "I:1 | Echo",
	StatusOK:                  "I:100 | OK",
	StatusSyntax:              "E:101 | Syntax",
	StatusDatatype:            "E:102 | Datatype",
	StatusIDNotFound:          "E:103 | ID not found",
	StatusIDNotSpecificEnough: "E:104 | ID not specific enough",
	StatusInternalServerError: "E:105 | Internal server error",
	StatusEmptyPacket:         "E:106 | Empty packet",
	StatusIDAlreadySet:        "E:107 | ID already set",
	StatusRefused:             "E:108 | Refused",
	StatusInvalidCommand:      "E:109 | Invalid command",
	StatusCommandDisabled:     "E:110 | Command disabled",
	StatusIDRequired:          "E:111 | ID required",
	StatusIDConflict:          "E:112 | ID conflict",
	StatusTooLarge:            "E:113 | Too large",
	StatusJSONError:           "E:114 | JSON error",
	StatusRoomNotJoined:       "E:115 | Room not joined",
	StatusAdminOK:             "I:200 | Admin authentication successful",
	StatusAdminSyntax:         "E:201 | Invalid admin login",
	StatusAdminFailed:         "E:202 | Admin authentication failure",
	StatusAdminAlready:        "I:203 | Admin session already exists",
	StatusAdminElsewhere:      "I:204 | IP address not whitelisted for admin authentication",
}

// String returns the text of the code, such as "I:100 | OK".
func (s Status) String() string {
	if int(s) < len(statusTexts) && statusTexts[s] != "" {
		return statusTexts[s]
	}
	return "E:" + strconv.Itoa(int(s)) + " | Unknown"
}

// StatusPacket is a statuscode message before it is encoded. Empty raw fields are left out.
type StatusPacket struct {
	Status   Status
	Details  codec.Raw // any JSON; Text makes one of a sentence
	Listener codec.Raw // as the client sent it
	Val      codec.Raw
}

// Text returns s as JSON, for the details of a status.
func Text(s string) codec.Raw { return codec.AppendString(nil, s) }

// plain holds the frames of the codes without details, listener and val, which need encoding once per process.
var plain = func() (frames [len(statusTexts)]*codec.Frame) {
	for code, text := range statusTexts {
		if text != "" {
			frames[code] = encodeStatus(StatusPacket{Status: Status(code)})
		}
	}
	return frames
}()

// Frame encodes the packet.
func (p StatusPacket) Frame() *codec.Frame {
	if p.Details == nil && p.Listener == nil && p.Val == nil && int(p.Status) < len(plain) && plain[p.Status] != nil {
		return plain[p.Status]
	}
	return encodeStatus(p)
}

// statusHeads hold what all answers with a code begin with.
var statusHeads = func() (heads [len(statusTexts)]string) {
	for code := range statusTexts {
		heads[code] = statusHead(Status(code))
	}
	return heads
}()

func statusHead(s Status) string {
	return `{"cmd":"statuscode","code":"` + s.String() + `","code_id":` + strconv.Itoa(int(s))
}

func encodeStatus(p StatusPacket) *codec.Frame {
	var head string
	if int(p.Status) < len(statusHeads) {
		head = statusHeads[p.Status]
	} else {
		head = statusHead(p.Status)
	}
	size := len(head) + len(`}`)
	for _, f := range [...]struct {
		key   string
		value codec.Raw
	}{{"details", p.Details}, {"listener", p.Listener}, {"val", p.Val}} {
		if len(f.value) > 0 {
			size += len(`,"":`) + len(f.key) + len(f.value)
		}
	}
	b := append(codec.NewFrameBuffer(size), head...)
	b = appendField(b, "details", p.Details)
	b = appendField(b, "listener", p.Listener)
	b = appendField(b, "val", p.Val)
	return codec.FinishText(append(b, '}'))
}

// appendField appends `,"key":value`, or nothing without a value.
func appendField(b []byte, key string, value codec.Raw) []byte {
	if len(value) == 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return append(b, value...)
}
