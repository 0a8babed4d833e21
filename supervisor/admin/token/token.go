// Package token keeps the bearer tokens of the administration: who may do what, until when.
package token

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Scope is what a token allows. A higher scope allows what a lower one does.
type Scope string

// The scopes.
const (
	None    Scope = ""
	Read    Scope = "read"    // look at everything but tokens and users
	Operate Scope = "operate" // what concerns clients, rooms and bans
	Admin   Scope = "admin"   // settings, tokens, users, the end of the server
)

// Scopes lists the scopes that a token can have, the lowest first.
var Scopes = []Scope{Read, Operate, Admin}

// rank orders the scopes.
func (s Scope) rank() int {
	switch s {
	case Read:
		return 1
	case Operate:
		return 2
	case Admin:
		return 3
	}
	return 0
}

// Allows tells whether the scope is enough for what needs another one.
func (s Scope) Allows(needed Scope) bool { return s.rank() >= needed.rank() }

// Token is a token without its secret. Times are UTC.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scope   Scope     `json:"scope"`
	Created time.Time `json:"created"`
	// Expires is when it ends. The zero value means never.
	Expires time.Time `json:"expires,omitzero"`
	// By is who made it.
	By string `json:"by"`
}

// Limits.
const (
	// MaxTokens bounds the tokens of a server.
	MaxTokens = 1_000
	maxName   = 64
)

// Errors of a Store.
var (
	ErrInvalid  = errors.New("invalid token")
	ErrUnknown  = errors.New("there is no such token")
	ErrExpired  = errors.New("the token has expired")
	ErrExists   = errors.New("there is a token of that name already")
	ErrTooMany  = fmt.Errorf("there are %d tokens already", MaxTokens)
	ErrSeveral  = errors.New("several tokens have that name; give the id")
	errNotOurs  = errors.New("it is not the text of a token")
	encodeLower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// The text of a token is prefix, ID, separator, secret. With the ID in it, one look-up finds what to compare with, and
// the prefix lets scanners of public code find tokens that got there by mistake.
const (
	prefix    = "skein_"
	separator = "_"
	idBytes   = 8
	keyBytes  = 32
)

func newText() (id, text string) {
	var b [idBytes + keyBytes]byte
	rand.Read(b[:])
	id = hex.EncodeToString(b[:idBytes])
	return id, prefix + id + separator + encodeLower.EncodeToString(b[idBytes:])
}

// splitText returns the ID and the secret of a token's text.
func splitText(text string) (id, secret string, err error) {
	rest, ok := strings.CutPrefix(text, prefix)
	id, secret, found := strings.Cut(rest, separator)
	if !ok || !found || len(id) != hex.EncodedLen(idBytes) || len(secret) != encodeLower.EncodedLen(keyBytes) {
		return "", "", errNotOurs
	}
	return id, secret, nil
}

// IsText tells whether a text has the form of a token that was made by a Store.
func IsText(text string) bool {
	_, _, err := splitText(text)
	return err == nil
}

// check says what is wrong with a token that is to be made.
func (t Token) check(now time.Time) error {
	switch {
	case t.Scope.rank() == 0:
		return fmt.Errorf("%w: the scope %q is not one of read, operate, admin", ErrInvalid, t.Scope)
	case len(t.Name) > maxName:
		return fmt.Errorf("%w: the name is longer than %d bytes", ErrInvalid, maxName)
	case strings.ContainsFunc(t.Name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("%w: the name has control characters", ErrInvalid)
	case !t.Expires.IsZero() && !t.Expires.After(now):
		return fmt.Errorf("%w: it would have expired already", ErrInvalid)
	}
	return nil
}

func (t Token) expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }
