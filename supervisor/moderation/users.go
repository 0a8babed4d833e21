package moderation

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/skeinhq/skein/supervisor/storage"
)

// recordUser is the kind of Records that users are.
const recordUser = "user"

// Errors of Users.
var (
	ErrInvalidUser = errors.New("invalid user")
	ErrNoUser      = errors.New("there is no such user")
	ErrUserExists  = errors.New("there is a user of that name already")
	ErrManyUsers   = fmt.Errorf("there are %d users already", MaxUsers)
)

// Users are the users of a server. Their methods are safe for use by many goroutines.
type Users struct {
	now func() time.Time

	change  sync.Mutex // serialises changes, held while they are written
	records storage.Records

	mu    sync.RWMutex
	users map[string]User
}

// NewUsers returns users that are kept in memory until Load: none. now is the clock; nil means time.Now.
func NewUsers(now func() time.Time) *Users {
	if now == nil {
		now = time.Now
	}
	return &Users{records: storage.NewMemory(), now: now, users: make(map[string]User)}
}

// Load reads the users that r keeps; from then on r keeps all changes. It is called once, before anything else.
func (s *Users) Load(r storage.Records) error {
	s.change.Lock()
	defer s.change.Unlock()
	users := make(map[string]User)
	err := r.Each(recordUser, func(key string, value []byte) error {
		var u User
		if err := json.Unmarshal(value, &u); err != nil {
			return fmt.Errorf("user %s: %w", key, err)
		}
		u, err := u.normalize()
		if err == nil {
			_, err = parseHash(u.Hash)
		}
		if err != nil {
			return fmt.Errorf("user %s: %w", key, err)
		}
		users[u.Username] = u
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the users: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.users = r, users
	return nil
}

// Add makes a user with a password, and returns it without its hash. Without addresses it may log in from loopback.
func (s *Users) Add(u User, password string) (User, error) {
	u.Created = s.now()
	hash, err := HashPassword(password)
	if err != nil {
		return User{}, err
	}
	u.Hash = hash
	return s.put(u.Username, func(_ User, known bool) (User, error) {
		switch {
		case known:
			return u, fmt.Errorf("%w: %s", ErrUserExists, u.Username)
		case s.Len() >= MaxUsers:
			return u, ErrManyUsers
		}
		return u, nil
	})
}

// Change is what Modify changes of a user; nil and empty fields stay as they are.
type Change struct {
	Password    string
	Permissions []string
	Addresses   []string
}

// Modify changes a user, and returns it without its hash.
func (s *Users) Modify(username string, c Change) (User, error) {
	var hash string
	if c.Password != "" {
		var err error
		if hash, err = HashPassword(c.Password); err != nil {
			return User{}, err
		}
	}
	return s.put(username, func(u User, known bool) (User, error) {
		if !known {
			return u, fmt.Errorf("%w: %s", ErrNoUser, username)
		}
		u.Hash = cmp.Or(hash, u.Hash)
		if c.Permissions != nil {
			u.Permissions = c.Permissions
		}
		if c.Addresses != nil {
			u.Addresses = c.Addresses
		}
		return u, nil
	})
}

func (s *Users) put(username string, change func(User, bool) (User, error)) (User, error) {
	s.change.Lock()
	defer s.change.Unlock()
	old, known := s.find(username)
	u, err := change(old, known)
	if err != nil {
		return User{}, err
	}
	if u, err = u.normalize(); err != nil {
		return User{}, err
	}
	value, err := json.Marshal(u)
	if err != nil {
		return User{}, fmt.Errorf("encoding a user: %w", err)
	}
	if err := s.records.Put(recordUser, u.Username, value); err != nil {
		return User{}, fmt.Errorf("keeping a user: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.Username] = u
	return u.Public(), nil
}

// Delete ends a user.
func (s *Users) Delete(username string) (User, error) {
	s.change.Lock()
	defer s.change.Unlock()
	u, ok := s.find(username)
	if !ok {
		return User{}, fmt.Errorf("%w: %s", ErrNoUser, username)
	}
	if err := s.records.Delete(recordUser, username); err != nil {
		return User{}, fmt.Errorf("deleting a user: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, username)
	return u.Public(), nil
}

func (s *Users) find(username string) (User, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, ok := s.users[username]
	return u, ok
}

// Get returns a user as it is now, without its hash.
func (s *Users) Get(username string) (User, bool) {
	u, ok := s.find(username)
	return u.Public(), ok
}

// All returns the users, without their hashes, by name.
func (s *Users) All() []User {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]User, 0, len(s.users))
	for _, u := range s.users {
		all = append(all, u.Public())
	}
	slices.SortFunc(all, func(a, b User) int { return cmp.Compare(a.Username, b.Username) })
	return all
}

// Len is the number of users.
func (s *Users) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.users)
}

// Login is who has logged in with which password.
type Login struct {
	User
	hash string
}

// Verify tells whether a user has a password. It takes some 30 ms of one core and 19 MiB, as long for an unknown user
// as for a wrong password, so it is for a goroutine that may wait, and for few at a time.
func (s *Users) Verify(username, password string) (Login, bool) {
	u, known := s.find(username)
	h := nobody
	if known {
		parsed, err := parseHash(u.Hash)
		if err != nil {
			known = false // Load and put let none through
		} else {
			h = parsed
		}
	}
	if len(password) > MaxPassword {
		known, password = false, password[:MaxPassword]
	}
	if !h.matches(password) {
		known = false
	}
	return Login{u.Public(), u.Hash}, known
}

// Still returns the user of a log-in as it is now. valid is false when it was deleted, or its password changed, since.
func (s *Users) Still(l Login) (u User, valid bool) {
	u, ok := s.find(l.Username)
	return u.Public(), ok && u.Hash == l.hash
}
