package moderation

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/supervisor/storage"
)

// recordBan is the kind of Records that bans are.
const recordBan = "ban"

// MaxBans bounds a list: a server is not a firewall.
const MaxBans = 100_000

// MaxPatterns bounds the bans with a * of names, and of agents, which are looked at one by one.
const MaxPatterns = 1_000

// Errors of a List.
var (
	ErrNoBan = errors.New("there is no such ban")
	ErrFull  = fmt.Errorf("there are %d bans already, or %d with a * of their kind", MaxBans, MaxPatterns)
)

// List is the list of bans. Its methods are safe for use by many goroutines; those that match do not wait for the
// disk.
type List struct {
	now func() time.Time

	change  sync.Mutex // serialises changes, held while they are written
	records storage.Records
	mu      sync.RWMutex // guards what follows
	bans    map[string]*Ban
	keys    map[banKey]string // the ID of each ban
	ips     prefixTable
	names   patternTable
	agents  patternTable
	count   [3]atomic.Int64 // by kind, so that matching costs nothing where there are none
	soonest time.Time       // when the first of them ends; zero: none does
	watched []func(Ban) int // guarded by change, never changed in place

	refused [3]atomic.Uint64
}

// banKey is what there is one ban for.
type banKey struct {
	kind    Kind
	pattern string
}

// NewList returns an empty list that keeps bans in memory until Load. now is the clock; nil means time.Now.
func NewList(now func() time.Time) *List {
	if now == nil {
		now = time.Now
	}
	return &List{records: storage.NewMemory(), now: now, bans: make(map[string]*Ban), keys: make(map[banKey]string)}
}

// Load puts the bans that r keeps into force; from then on r keeps those of the list. It is called once, before
// anything else.
func (l *List) Load(r storage.Records) error {
	l.change.Lock()
	defer l.change.Unlock()
	var bans []Ban
	var old []string
	err := r.Each(recordBan, func(key string, value []byte) error {
		var b Ban
		if err := json.Unmarshal(value, &b); err != nil {
			return fmt.Errorf("ban %s: %w", key, err)
		}
		b, err := b.Normalize()
		switch {
		case err != nil:
			return fmt.Errorf("ban %s: %w", key, err)
		case b.over(l.now()):
			old = append(old, key)
		default:
			bans = append(bans, b)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the bans: %w", err)
	}
	for _, id := range old {
		if err := r.Delete(recordBan, id); err != nil {
			return fmt.Errorf("deleting an expired ban: %w", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = r
	for _, b := range bans {
		l.enter(b)
	}
	return nil
}

// Add makes a ban, and returns it as it is kept and how many clients were closed because of it. A ban of the same kind
// and pattern is replaced and keeps its ID. When Add returns the ban is on disk and in force.
func (l *List) Add(b Ban) (added Ban, closed int, err error) {
	b.ID, b.Created = codec.NewID().ULID(), l.now()
	b, err = b.Normalize()
	if err != nil {
		return Ban{}, 0, err
	}
	if b.over(l.now()) {
		return Ban{}, 0, fmt.Errorf("%w: it has expired already", ErrInvalidBan)
	}
	b, watched, err := l.add(b)
	if err != nil {
		return Ban{}, 0, err
	}
	for _, f := range watched {
		closed += f(b)
	}
	return b, closed, nil
}

// add puts a ban on the disk and into force. It returns the ban with its ID, and who is to be told.
func (l *List) add(b Ban) (Ban, []func(Ban) int, error) {
	l.change.Lock()
	defer l.change.Unlock()
	if err := l.sweep(); err != nil {
		return b, nil, err
	}
	l.mu.RLock()
	known, replaces := l.keys[b.key()]
	full := !replaces && (len(l.bans) >= MaxBans || l.manyPatterns(&b))
	l.mu.RUnlock()
	if full {
		return b, nil, ErrFull
	}
	if replaces {
		b.ID = known
	}
	value, err := json.Marshal(b)
	if err != nil {
		return b, nil, fmt.Errorf("encoding a ban: %w", err)
	}
	if err := l.records.Put(recordBan, b.ID, value); err != nil {
		return b, nil, fmt.Errorf("keeping a ban: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(b)
	return b, l.watched, nil
}

// manyPatterns tells whether a ban would be one pattern too many. l.mu is held.
func (l *List) manyPatterns(b *Ban) bool {
	_, exact := parseGlob(fold(b.Pattern))
	switch {
	case exact || b.Kind == KindIP:
		return false
	case b.Kind == KindName:
		return len(l.names.patterns) >= MaxPatterns
	}
	return len(l.agents.patterns) >= MaxPatterns
}

// Remove ends a ban and returns it.
func (l *List) Remove(id string) (Ban, error) {
	l.change.Lock()
	defer l.change.Unlock()
	b, ok := l.Get(id)
	if !ok {
		return Ban{}, fmt.Errorf("%w: %s", ErrNoBan, id)
	}
	return b, l.drop(b)
}

// drop takes a ban off the disk and out of force. l.change is held.
func (l *List) drop(b Ban) error {
	if err := l.records.Delete(recordBan, b.ID); err != nil {
		return fmt.Errorf("deleting a ban: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(b)
	return nil
}

// sweep drops the bans that have ended. l.change is held.
func (l *List) sweep() error {
	now := l.now()
	var old []Ban
	l.mu.Lock()
	if !l.soonest.IsZero() && !now.Before(l.soonest) {
		l.soonest = time.Time{}
		for _, b := range l.bans {
			if b.over(now) {
				old = append(old, *b)
			} else {
				l.ends(b.Expires)
			}
		}
	}
	l.mu.Unlock()
	for i, b := range old {
		if err := l.drop(b); err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.ends(old[i].Expires) // the next change tries again
			return err
		}
	}
	return nil
}

// ends takes note of when a ban ends. l.mu is held.
func (l *List) ends(at time.Time) {
	if !at.IsZero() && (l.soonest.IsZero() || at.Before(l.soonest)) {
		l.soonest = at
	}
}

// Get returns the ban with an ID.
func (l *List) Get(id string) (Ban, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	b := l.bans[id]
	if b == nil || b.over(l.now()) {
		return Ban{}, false
	}
	return *b, true
}

// Find returns the ban of a kind and pattern.
func (l *List) Find(k Kind, pattern string) (Ban, bool) {
	b, err := Ban{Kind: k, Pattern: pattern}.Normalize()
	if err != nil {
		return Ban{}, false
	}
	l.mu.RLock()
	id := l.keys[b.key()]
	l.mu.RUnlock()
	return l.Get(id)
}

// All returns the bans in force, in the order in which they were made.
func (l *List) All() []Ban {
	now := l.now()
	l.mu.RLock()
	all := make([]Ban, 0, len(l.bans))
	for _, b := range l.bans {
		if !b.over(now) {
			all = append(all, *b)
		}
	}
	l.mu.RUnlock()
	sortBans(all)
	return all
}

// Len is the number of bans that are kept.
func (l *List) Len() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.bans)
}

// Watch calls f for every ban that Add makes, after it has come into force and before Add returns, perhaps for several
// at a time. f returns how many clients it has closed.
func (l *List) Watch(f func(Ban) (closed int)) {
	l.change.Lock()
	defer l.change.Unlock()
	l.watched = append(slices.Clone(l.watched), f)
}

func (b *Ban) key() banKey {
	if b.Kind == KindIP {
		return banKey{b.Kind, b.Pattern}
	}
	return banKey{b.Kind, fold(b.Pattern)}
}

// enter puts a ban into force, in place of one with its key. l.mu is held.
func (l *List) enter(b Ban) {
	if id, ok := l.keys[b.key()]; ok {
		l.forget(*l.bans[id])
	}
	l.bans[b.ID], l.keys[b.key()] = &b, b.ID
	l.count[index(b.Kind)].Add(1)
	l.ends(b.Expires)
	switch b.Kind {
	case KindIP:
		l.ips.add(&b)
	case KindName:
		l.names.add(&b)
	case KindAgent:
		l.agents.add(&b)
	}
}

// forget takes a ban out of force. l.mu is held.
func (l *List) forget(b Ban) {
	delete(l.bans, b.ID)
	delete(l.keys, b.key())
	l.count[index(b.Kind)].Add(-1)
	switch b.Kind {
	case KindIP:
		l.ips.remove(&b)
	case KindName:
		l.names.remove(&b)
	case KindAgent:
		l.agents.remove(&b)
	}
}
