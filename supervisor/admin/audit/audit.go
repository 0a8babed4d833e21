// Package audit keeps a record of what administrators change.
package audit

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/supervisor/storage"
)

// recordAudit is the kind of Records that entries are.
const recordAudit = "audit"

// DefaultEntries is how many entries are kept unless told otherwise.
const DefaultEntries = 10_000

// maxValue bounds Before and After of an entry, in bytes of JSON.
const maxValue = 4 << 10

// Entry says who changed what. Times are UTC.
type Entry struct {
	// ID rises with time. The log gives it.
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	// Who is the name of a token or of an administrator, Address where the request came from.
	Who     string `json:"who"`
	Address string `json:"address"`
	// Action is what was done, such as ban.add, and Target to what.
	Action string `json:"action"`
	Target string `json:"target"`
	// Before and After are JSON; nil where there was or is nothing. Large values are cut.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Log keeps the latest entries. Its methods are safe for use by many goroutines.
type Log struct {
	records storage.Records
	log     *slog.Logger
	now     func() time.Time
	most    int

	mu   sync.Mutex
	keys []uint64 // of the entries that are kept, in their order
	last uint64

	watch    atomic.Pointer[func(Entry, []byte)]
	failures atomic.Uint64
}

// New reads which entries are kept. most bounds them; 0 means DefaultEntries.
func New(r storage.Records, most int, log *slog.Logger) (*Log, error) {
	if most <= 0 {
		most = DefaultEntries
	}
	l := &Log{records: r, log: log, now: time.Now, most: most}
	err := r.Each(recordAudit, func(key string, _ []byte) error {
		n, err := strconv.ParseUint(key, 16, 64)
		if err != nil {
			return fmt.Errorf("audit entry %q: %w", key, err)
		}
		l.keys = append(l.keys, n)
		l.last = n
		return nil
	})
	return l, err
}

// keyOf has the order of the numbers.
func keyOf(n uint64) string { return fmt.Sprintf("%016x", n) }

// Add keeps an entry, and forgets the oldest ones over the bound. before and after are encoded as JSON; nil means
// nothing. An entry that cannot be kept is still logged and counted.
func (l *Log) Add(e Entry, before, after any) {
	e.Before, e.After = encode(before), encode(after)
	l.mu.Lock()
	now := l.now().UTC()
	n := max(uint64(now.UnixNano()), l.last+1)
	l.last = n
	e.ID, e.Time = keyOf(n), now
	value, err := json.Marshal(e)
	if err == nil {
		err = l.records.Put(recordAudit, e.ID, value)
	}
	if err == nil {
		l.keys = append(l.keys, n)
		err = l.trim()
	}
	l.mu.Unlock()
	l.log.Info("changed by an administrator", "who", e.Who, "address", e.Address, "action", e.Action, "target", e.Target)
	if err != nil {
		l.failures.Add(1)
		l.log.Error("an entry of the audit log could not be kept", "entry", string(value), "err", err)
	}
	if watch := l.watch.Load(); watch != nil {
		(*watch)(e, value)
	}
}

// Watch has f called with each new entry and its JSON, in place of what was watching before.
func (l *Log) Watch(f func(e Entry, encoded []byte)) { l.watch.Store(&f) }

// trim forgets the oldest entries. l.mu is held.
func (l *Log) trim() error {
	for len(l.keys) > l.most {
		if err := l.records.Delete(recordAudit, keyOf(l.keys[0])); err != nil {
			return err
		}
		l.keys = l.keys[1:]
	}
	return nil
}

// Failures is how many entries could not be kept.
func (l *Log) Failures() uint64 { return l.failures.Load() }

// Len is how many entries are kept.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

// Filter chooses entries. Zero fields choose all.
type Filter struct {
	Action string // how the action starts
	Who    string // exactly
	Before string // only entries with a lower ID
}

// Page returns at most limit entries, the newest first, and whether there are older ones.
func (l *Log) Page(f Filter, limit int) (page []Entry, more bool, err error) {
	page = make([]Entry, 0, limit)
	window := make([][]byte, 0, limit+1) // the latest that fit
	err = l.records.Each(recordAudit, func(key string, value []byte) error {
		if f.Before != "" && key >= f.Before {
			return nil
		}
		if f.Action != "" || f.Who != "" {
			var e Entry
			if err := json.Unmarshal(value, &e); err != nil {
				return fmt.Errorf("audit entry %s: %w", key, err)
			}
			if !strings.HasPrefix(e.Action, f.Action) || f.Who != "" && e.Who != f.Who {
				return nil
			}
		}
		var copied []byte
		if len(window) > limit {
			copied = window[0][:0]
			copy(window, window[1:])
			window = window[:limit]
		}
		window = append(window, append(copied, value...))
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	more = len(window) > limit
	for i := len(window) - 1; i >= 0 && len(page) < limit; i-- {
		var e Entry
		if err := json.Unmarshal(window[i], &e); err != nil {
			return nil, false, err
		}
		page = append(page, e)
	}
	return page, more, nil
}

// encode makes JSON of a value, or of the start of its JSON when that is too long.
func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(fmt.Sprint(v))
	}
	if len(b) > maxValue {
		b, _ = json.Marshal(strings.ToValidUTF8(string(b[:maxValue/2]), "") + "… (cut)")
	}
	return b
}
