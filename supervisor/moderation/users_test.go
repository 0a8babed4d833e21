package moderation

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skeinhq/skein/supervisor/storage"
)

const password = "correct horse"

func users(t *testing.T, r storage.Records) *Users {
	t.Helper()
	u := NewUsers(newClock().now)
	if err := u.Load(r); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUsersAreKept(t *testing.T) {
	r := storage.NewMemory()
	s := users(t, r)
	made, err := s.Add(User{Username: "ann", Permissions: []string{ViewRooms, CloseConnections, ViewRooms}}, password)
	if err != nil {
		t.Fatal(err)
	}
	want := User{
		Username: "ann", Permissions: []string{CloseConnections, ViewRooms}, Addresses: []string{"127.0.0.0/8", "::1"}, Created: newClock().t,
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	_ = r.Each(recordUser, func(key string, value []byte) error {
		if strings.Contains(string(value), password) || !strings.Contains(string(value), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("%s: %s", key, value)
		}
		return nil
	})
	again := users(t, r)
	if diff := cmp.Diff([]User{want}, again.All()); diff != "" {
		t.Error(diff)
	}
	login, ok := again.Verify("ann", password)
	if !ok || login.Username != "ann" || login.Hash != "" {
		t.Errorf("%v %v", login, ok)
	}
	for _, wrong := range [][2]string{{"ann", "wrong horse"}, {"ann", ""}, {"Ann", password}, {"", ""}, {"ann", password + strings.Repeat("x", MaxPassword)}} {
		if _, ok := again.Verify(wrong[0], wrong[1]); ok {
			t.Errorf("%q with %.20q", wrong[0], wrong[1])
		}
	}
}

func TestUsersChange(t *testing.T) {
	s := users(t, storage.NewMemory())
	if _, err := s.Add(User{Username: "ann"}, password); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(User{Username: "ann"}, password); !errors.Is(err, ErrUserExists) {
		t.Errorf("twice: %v", err)
	}
	login, _ := s.Verify("ann", password)
	if u, err := s.Modify("ann", Change{Permissions: []string{ViewRooms}}); err != nil || !u.May(ViewRooms) {
		t.Errorf("%v %v", u, err)
	}
	if u, valid := s.Still(login); !valid || !u.May(ViewRooms) {
		t.Errorf("a log-in does not see what has changed: %v %v", u, valid)
	}
	if _, err := s.Modify("ann", Change{Password: "another horse"}); err != nil {
		t.Fatal(err)
	}
	if _, valid := s.Still(login); valid {
		t.Error("a log-in outlives its password")
	}
	login, _ = s.Verify("ann", "another horse")
	if _, err := s.Delete("ann"); err != nil {
		t.Fatal(err)
	}
	if _, valid := s.Still(login); valid {
		t.Error("a log-in outlives its user")
	}
	if _, err := s.Delete("ann"); !errors.Is(err, ErrNoUser) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := s.Modify("ann", Change{}); !errors.Is(err, ErrNoUser) {
		t.Errorf("modified: %v", err)
	}
}

func TestUsersThatMakeNoSense(t *testing.T) {
	s := users(t, storage.NewMemory())
	for _, u := range []User{
		{},
		{Username: strings.Repeat("x", maxUsername+1)},
		{Username: "a\u200bnn"},
		{Username: "a\nb"},
		{Username: "\xff"},
		{Username: "ann", Permissions: []string{"everything"}},
		{Username: "ann", Addresses: []string{"home"}},
		{Username: "ann", Addresses: make([]string, maxAddresses+1)},
	} {
		if _, err := s.Add(u, password); !errors.Is(err, ErrInvalidUser) {
			t.Errorf("%.60v: %v", u, err)
		}
	}
	for _, p := range []string{"", "short", strings.Repeat("x", MaxPassword+1)} {
		if _, err := s.Add(User{Username: "ann"}, p); !errors.Is(err, ErrPassword) {
			t.Errorf("%.20q: %v", p, err)
		}
	}
	if s.Len() != 0 {
		t.Errorf("%v", s.All())
	}
}

func TestFrom(t *testing.T) {
	u := User{Addresses: []string{"127.0.0.0/8", "::1", "2001:db8::1", "10.0.0.7"}}
	for ip, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::ffff:127.0.0.1": true, "::1": true, "2001:db8::1": true, "2001:db8::2": false,
		"10.0.0.7": true, "10.0.0.8": false, "fe80::1%lo": false,
	} {
		if got := u.From(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s: %v", ip, got)
		}
	}
	if u.From(netip.Addr{}) {
		t.Error("from a unix socket")
	}
	if u := (User{Addresses: []string{AddressUnix}}); !u.From(netip.Addr{}) || u.From(netip.MustParseAddr("127.0.0.1")) {
		t.Error("unix is not for unix sockets alone")
	}
}

func TestHashesThatAreRefused(t *testing.T) {
	good, err := HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseHash(good); err != nil {
		t.Errorf("%s: %v", good, err)
	}
	for _, bad := range []string{
		"", "x", "$2y$10$abc", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=18", 1),
		strings.Replace(good, "m=19456", "m=99999999", 1), strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=99", 1),
		good[:len(good)-40], good + "$", good[:strings.LastIndexByte(good, '$')+1] + "!",
	} {
		if _, err := parseHash(bad); err == nil {
			t.Errorf("%q is a hash", bad)
		}
	}
}

// TestNobodyCostsAsMuch sees that an unknown user is looked for as long as a known one: by the cost of what is
// computed, because time says nothing on a busy machine.
func TestNobodyCostsAsMuch(t *testing.T) {
	text, err := HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	known, err := parseHash(text)
	if err != nil {
		t.Fatal(err)
	}
	if nobody.time != known.time || nobody.memory != known.memory || nobody.threads != known.threads ||
		len(nobody.salt) != len(known.salt) || len(nobody.key) != len(known.key) {
		t.Errorf("%+v is not as dear as %+v", nobody, known)
	}
	if nobody.matches("") || nobody.matches(password) {
		t.Error("nobody has a password")
	}
}
