package token

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/skeinhq/skein/supervisor/storage"
)

func TestStore(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	records := storage.NewMemory()
	s, err := NewStore(records, clock)
	if err != nil {
		t.Fatal(err)
	}
	if s.Any() {
		t.Error("there are tokens before one was made")
	}
	text, made, err := s.Create(Token{Name: "dashboard", Scope: Read, Expires: now.Add(time.Hour), By: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Any() || len(s.All()) != 1 || s.All()[0].Token != made {
		t.Errorf("kept %+v of %+v", s.All(), made)
	}
	_ = records.Each(recordToken, func(_ string, value []byte) error {
		if _, secret, _ := splitText(text); strings.Contains(string(value), secret) {
			t.Errorf("the secret is kept: %s", value)
		}
		return nil
	})
	again, err := NewStore(records, clock) // after a restart
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Known(text, true); !errors.Is(err, ErrUnverified) {
		t.Errorf("known before it was verified: %v", err)
	}
	for range 2 {
		if got, err := again.Verify(text, false); err != nil || got != made {
			t.Errorf("verified: %+v, %v", got, err)
		}
	}
	if _, err := again.Known(text, false); err != nil {
		t.Errorf("not known although it was verified: %v", err)
	}
	wrong := text[:len(text)-1] + map[bool]string{true: "b", false: "a"}[strings.HasSuffix(text, "a")]
	for _, bad := range []string{"", "x", prefix, wrong, strings.ToUpper(text), text + "a", prefix + strings.Repeat("0", 16) + text[len(prefix)+16:]} {
		if got, err := again.Verify(bad, true); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q is let in: %+v, %v", bad, got, err)
		}
	}
	now = now.Add(time.Hour)
	if _, err := again.Verify(text, false); !errors.Is(err, ErrExpired) {
		t.Errorf("it does not expire: %v", err)
	}
	if _, err := again.Revoke("dashboard"); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Verify(text, false); !errors.Is(err, ErrUnknown) {
		t.Errorf("let in after it was revoked: %v", err)
	}
	if _, err := again.Revoke("dashboard"); !errors.Is(err, ErrUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
	if last, err := NewStore(records, clock); err != nil || last.Any() {
		t.Errorf("it comes back after a restart: %v", err)
	}
}

func TestRefused(t *testing.T) {
	s, err := NewStore(storage.NewMemory(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []Token{
		{}, {Scope: "root"}, {Scope: Read, Name: strings.Repeat("x", 65)}, {Scope: Read, Name: "a\nb"},
		{Scope: Read, Expires: time.Now().Add(-time.Second)},
	} {
		if _, _, err := s.Create(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, _, err := s.Create(Token{Scope: Read, Name: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Create(Token{Scope: Read, Name: "a"}); !errors.Is(err, ErrExists) {
		t.Errorf("two of a name: %v", err)
	}
}

func TestFixed(t *testing.T) {
	s, err := NewStore(storage.NewMemory(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.AddFixed(Token{Name: "key file", Scope: Admin}, "of this machine", true)
	if s.Any() {
		t.Error("a local key counts as a token")
	}
	if _, err := s.Verify("of this machine", true); err != nil {
		t.Error(err)
	}
	if _, err := s.Verify("of this machine", false); !errors.Is(err, ErrUnknown) {
		t.Errorf("it is let in from elsewhere: %v", err)
	}
	s.AddFixed(Token{Name: "configuration", Scope: Admin}, "of everywhere", false)
	if got, err := s.Verify("of everywhere", false); err != nil || got.Name != "configuration" || !s.Any() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestScopes(t *testing.T) {
	for i, a := range append([]Scope{None}, Scopes...) {
		for j, b := range append([]Scope{None}, Scopes...) {
			if a.Allows(b) != (i >= j) {
				t.Errorf("%q allows %q: %v", a, b, a.Allows(b))
			}
		}
	}
}
