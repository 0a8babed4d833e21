// Package storage keeps what has to survive a restart in one bbolt file: the variables of rooms, and what operators
// change.
package storage

import (
	"cmp"
	"slices"
	"sync"
)

// Records keeps what operators change, by kind ("ban", "token", "user", "setting", "audit") and key. It is safe for
// use by many goroutines.
type Records interface {
	// Each calls f for every record of a kind, in the order of their keys, until f fails, and returns that error. The
	// value is only valid during the call, and f must not change records.
	Each(kind string, f func(key string, value []byte) error) error
	// Put keeps a copy of value in place of what was there. It is on disk when Put returns.
	Put(kind, key string, value []byte) error
	// Delete forgets a record; that there is none is no error. It is off the disk when Delete returns.
	Delete(kind, key string) error
}

// Bounds of Records.
const (
	maxRecordKey   = 1 << 10 // bytes of a key
	maxRecordValue = 1 << 20 // bytes of a value
)

// NewMemory returns Records that end with the process.
func NewMemory() Records { return &memory{kinds: make(map[string]map[string][]byte)} }

type memory struct {
	mu    sync.Mutex
	kinds map[string]map[string][]byte
}

// Each implements Records. It reads a copy, so that f may take its time.
func (m *memory) Each(kind string, f func(key string, value []byte) error) error {
	type record struct {
		key   string
		value []byte
	}
	m.mu.Lock()
	records := make([]record, 0, len(m.kinds[kind]))
	for key, value := range m.kinds[kind] {
		records = append(records, record{key, value})
	}
	m.mu.Unlock()
	slices.SortFunc(records, func(a, b record) int { return cmp.Compare(a.key, b.key) })
	for _, r := range records {
		if err := f(r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// Put implements Records.
func (m *memory) Put(kind, key string, value []byte) error {
	if err := checkRecord(kind, key, value); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kinds[kind] == nil {
		m.kinds[kind] = make(map[string][]byte)
	}
	m.kinds[kind][key] = slices.Clone(value)
	return nil
}

// Delete implements Records.
func (m *memory) Delete(kind, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kinds[kind], key)
	return nil
}
