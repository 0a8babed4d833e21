package scratch

import (
	"slices"

	"github.com/skeinhq/skein/codec"
)

// flushBytes is the size from which on updates do not wait for the end of the interval, and from which on the
// state of a room is spread over several frames.
const flushBytes = 64 << 10

// maxHint bounds what is allocated for a batch because the one before was that large.
const maxHint = 4 << 10

// queue holds the updates that were not sent yet, encoded one after the other with a newline between.
type queue struct {
	buf     []byte // a frame buffer, nil when there are none
	updates []update
	senders []Member // scratch space of Flush
	size    int      // of the latest batch
	flushed bool     // updates were handed out with a Batch
}

// update is one encoded update.
type update struct {
	sender  Member
	version uint64
	end     int // where its text ends in the payload
}

func (q *queue) pending() bool { return q.buf != nil }

// startEvent returns the buffer to append an event of about n bytes to.
func (r *Room) startEvent(n int) []byte {
	q := &r.queue
	if q.flushed {
		q.updates, q.flushed = q.updates[:0], false
	}
	if q.buf == nil {
		room := n + n/8 + eventRoom
		if r.rules.c.FlushInterval > 0 {
			room = max(room, min(q.size, maxHint))
		}
		return codec.NewFrameBuffer(room)
	}
	return append(q.buf, '\n')
}

// endEvent takes the buffer back.
func (r *Room) endEvent(buf []byte, sender Member, changed bool) Outcome {
	q := &r.queue
	q.buf = buf
	size := len(buf) - codec.HeaderRoom
	q.updates = append(q.updates, update{sender: sender, version: r.version, end: size})
	return Outcome{
		Changed: changed,
		Pending: true,
		Flush:   r.rules.c.FlushInterval == 0 || size >= flushBytes,
	}
}

// Batch is a number of updates that are sent together. It is valid until the next Apply or Flush.
type Batch struct {
	frame       *codec.Frame
	updates     []update
	senders     []Member // ascending, each once
	first, last uint64   // versions
	echo        bool
}

// Flush returns what was collected since the last Flush. It ends the validity of the latest Batch.
func (r *Room) Flush() Batch {
	q := &r.queue
	if q.buf == nil {
		return Batch{}
	}
	b := Batch{
		updates: q.updates,
		first:   q.updates[0].version,
		last:    q.updates[len(q.updates)-1].version,
		echo:    r.rules.c.Dialect.echoesToSender(),
	}
	if !b.echo {
		q.senders = q.senders[:0]
		for i := range q.updates {
			q.senders = append(q.senders, q.updates[i].sender)
		}
		slices.Sort(q.senders)
		q.senders = slices.Compact(q.senders)
		b.senders = q.senders
	}
	q.size = len(q.buf) - codec.HeaderRoom
	b.frame = codec.FinishText(q.buf)
	q.buf, q.flushed = nil, true
	return b
}

// Empty says that there is nothing to send.
func (b *Batch) Empty() bool { return b.frame == nil }

// Len is the number of updates.
func (b *Batch) Len() int { return len(b.updates) }

// For returns the frame for a member, or nil when there is nothing for it. Those who were there from the beginning
// of the batch, and in TurboWarp's dialect sent nothing of it, share one frame. It is not for members that are
// behind.
func (b *Batch) For(member Member, c Cursor) *codec.Frame {
	if b.frame == nil || c.seen >= b.last {
		return nil
	}
	sent := false
	if !b.echo {
		_, sent = slices.BinarySearch(b.senders, member)
	}
	if c.seen < b.first && !sent {
		return b.frame
	}
	return b.without(member, sent, c.seen)
}

// without builds a frame of what a member neither sent nor has seen.
func (b *Batch) without(member Member, sent bool, seen uint64) *codec.Frame {
	payload := b.frame.Payload()
	var buf []byte
	start := 0
	for _, u := range b.updates {
		text := payload[start:u.end]
		start = u.end + len("\n")
		if u.version <= seen || sent && u.sender == member {
			continue
		}
		if buf == nil {
			buf = codec.NewFrameBuffer(len(payload) - (u.end - len(text)))
		} else {
			buf = append(buf, '\n')
		}
		buf = append(buf, text...)
	}
	if buf == nil {
		return nil
	}
	return codec.FinishText(buf)
}

// Advance returns the cursor of a member for which the batch was dealt with.
func (b *Batch) Advance(c Cursor) Cursor {
	return Cursor{seen: max(c.seen, b.last)}
}
