package token

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/storage"
)

// recordToken is the kind of Records that tokens are.
const recordToken = "token"

// Store keeps the tokens. Its methods are safe for use by many goroutines.
type Store struct {
	records storage.Records
	now     func() time.Time

	change sync.Mutex // serialises changes, held while they are written
	hash   chan struct{}

	mu     sync.Mutex
	tokens map[string]*kept
	fixed  []fixed
}

// kept is a token as it is stored.
type kept struct {
	Token
	// Hash is the argon2id hash of the secret.
	Hash string `json:"hash"`

	verified *[sha256.Size]byte // of the whole text, once it was found to be right
	used     time.Time
}

// fixed is a token that is not kept here.
type fixed struct {
	Token
	sum   [sha256.Size]byte
	local bool
}

// NewStore reads the tokens that were kept. now is the clock; nil means time.Now.
func NewStore(r storage.Records, now func() time.Time) (*Store, error) {
	if now == nil {
		now = time.Now
	}
	s := &Store{records: r, now: now, hash: make(chan struct{}, 1), tokens: make(map[string]*kept)}
	err := r.Each(recordToken, func(key string, value []byte) error {
		k := new(kept)
		if err := json.Unmarshal(value, k); err != nil {
			return fmt.Errorf("token %s: %w", key, err)
		}
		s.tokens[key] = k
		return nil
	})
	return s, err
}

// AddFixed lets in whoever has a secret that somebody else keeps, such as a file. A local one counts on this machine
// only, and does not count as a token in Any.
func (s *Store) AddFixed(t Token, secret string, local bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fixed = append(s.fixed, fixed{Token: t, sum: sha256.Sum256([]byte(secret)), local: local})
}

// Any tells whether there is a token, be it an expired one: then nobody is let in without.
func (s *Store) Any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.tokens) > 0 || slices.ContainsFunc(s.fixed, func(f fixed) bool { return !f.local })
}

// Create makes a token and returns its text, which is not kept. When it returns the token is on disk.
func (s *Store) Create(t Token) (text string, made Token, err error) {
	s.change.Lock()
	defer s.change.Unlock()
	t.Created = s.now().UTC().Truncate(time.Second)
	t.Expires = t.Expires.UTC()
	if err := t.check(s.now()); err != nil {
		return "", t, err
	}
	if err := s.room(t.Name); err != nil {
		return "", t, err
	}
	t.ID, text = newText()
	if t.Name == "" {
		t.Name = t.ID
	}
	_, secret, _ := splitText(text)
	k := &kept{Token: t}
	if k.Hash, err = moderation.HashPassword(secret); err != nil {
		return "", t, err
	}
	value, err := json.Marshal(k)
	if err != nil {
		return "", t, err
	}
	if err := s.records.Put(recordToken, t.ID, value); err != nil {
		return "", t, err
	}
	s.mu.Lock()
	s.tokens[t.ID] = k
	s.mu.Unlock()
	return text, t, nil
}

// room tells whether there may be another token, of that name.
func (s *Store) room(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tokens) >= MaxTokens {
		return ErrTooMany
	}
	for _, k := range s.tokens {
		if name != "" && k.Name == name {
			return ErrExists
		}
	}
	return nil
}

// Revoke ends a token, given by its ID or name, and returns it. When it returns nobody is let in with it.
func (s *Store) Revoke(idOrName string) (Token, error) {
	s.change.Lock()
	defer s.change.Unlock()
	k, err := s.find(idOrName)
	if err != nil {
		return Token{}, err
	}
	if err := s.records.Delete(recordToken, k.ID); err != nil {
		return k.Token, err
	}
	s.mu.Lock()
	delete(s.tokens, k.ID)
	s.mu.Unlock()
	return k.Token, nil
}

func (s *Store) find(idOrName string) (*kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.tokens[idOrName]; k != nil {
		return k, nil
	}
	var found *kept
	for _, k := range s.tokens {
		if k.Name != idOrName {
			continue
		}
		if found != nil {
			return nil, ErrSeveral
		}
		found = k
	}
	if found == nil {
		return nil, ErrUnknown
	}
	return found, nil
}

// Listed is a token in a list.
type Listed struct {
	Token
	// Used is when it was last used since the start of the server.
	Used time.Time
}

// All returns the tokens in the order in which they were made.
func (s *Store) All() []Listed {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Listed, 0, len(s.tokens))
	for _, k := range s.tokens {
		out = append(out, Listed{k.Token, k.used})
	}
	slices.SortFunc(out, func(a, b Listed) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// ErrUnverified is returned by Known for texts of which only Verify can tell.
var ErrUnverified = errors.New("the token was not verified yet")

// Known returns the token with a text that was verified before, or is fixed, which costs next to nothing. local tells
// whether whoever has sent it is on this machine.
func (s *Store) Known(text string, local bool) (Token, error) {
	sum := sha256.Sum256([]byte(text))
	id, _, notOurs := splitText(text)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.fixed {
		if subtle.ConstantTimeCompare(f.sum[:], sum[:]) == 1 && (local || !f.local) {
			return f.Token, nil
		}
	}
	k := s.tokens[id]
	switch {
	case notOurs != nil || k == nil:
		return Token{}, ErrUnknown
	case k.verified == nil || subtle.ConstantTimeCompare(k.verified[:], sum[:]) != 1:
		return Token{}, ErrUnverified
	case k.expired(s.now()):
		return Token{}, ErrExpired
	}
	k.used = s.now()
	return k.Token, nil
}

// Verify is Known for a text that was not verified yet. It takes some 30 ms of one core and 19 MiB, for one caller at a
// time.
func (s *Store) Verify(text string, local bool) (Token, error) {
	t, err := s.Known(text, local)
	if !errors.Is(err, ErrUnverified) {
		return t, err
	}
	s.hash <- struct{}{}
	defer func() { <-s.hash }()
	if t, err = s.Known(text, local); !errors.Is(err, ErrUnverified) {
		return t, err // somebody else was quicker
	}
	id, secret, _ := splitText(text)
	s.mu.Lock()
	k := s.tokens[id]
	s.mu.Unlock()
	if k == nil || !moderation.VerifyHash(k.Hash, secret) {
		return Token{}, ErrUnknown
	}
	sum := sha256.Sum256([]byte(text))
	s.mu.Lock()
	k.verified = &sum
	s.mu.Unlock()
	return s.Known(text, local)
}
