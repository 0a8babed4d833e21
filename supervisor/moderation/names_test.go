package moderation

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func filterFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "names.filter")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func policy(t *testing.T, filter string, reserved ...string) *Policy {
	t.Helper()
	rules, err := NewNameRules(filter, reserved)
	if err != nil {
		t.Fatal(err)
	}
	return &Policy{Bans: NewList(nil), Names: rules}
}

func TestNames(t *testing.T) {
	p := policy(t, filterFile(t, "# staff\n\n^scratch[ck]at$\r\n  idiot  \n^mod(erator)?s?$\n"), "Admin", "System Bot", " ")
	for name, want := range map[string]string{
		"griffpatch": "", "scratchcat": whyFilter, "ScratchKat": whyFilter, "scratchcats": "", "you IDIOT you": whyFilter,
		"mod": whyFilter, "Moderators": whyFilter, "model": "", "# staff": "",
		"ADMIN": whyReserved, "ad\u200bmin": whyReserved, "ａｄｍｉｎ": whyReserved, "\tadmin\n": whyReserved, "admins": "",
		"system  bot": whyReserved, "system\u00a0bot": whyReserved, "i\u00addiot": whyFilter, "": "", " ": "",
		strings.Repeat("x", MaxCheckedName+1): whyLength, "\xff": whyLength,
	} {
		if why, refused := p.RefuseName(name); why != want || refused != (want != "") {
			t.Errorf("%q: %q, want %q", name, why, want)
		}
	}
	if p.NamesRefused(CauseFilter) != 6 || p.NamesRefused(CauseReserved) != 6 || p.NamesRefused(CauseLength) != 2 || p.NamesRefused(CauseBan) != 0 {
		t.Error("not everything was counted by its cause")
	}
}

func TestNamesWithoutRules(t *testing.T) {
	p := policy(t, "")
	for _, name := range []string{"", "\xff", strings.Repeat("x", 1<<20)} {
		if why, refused := p.RefuseName(name); refused {
			t.Errorf("%.10q: %s", name, why)
		}
	}
	if n := testing.AllocsPerRun(100, func() { p.RefuseName("somebody") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestBannedNames(t *testing.T) {
	p := policy(t, "")
	add(t, p.Bans, Ban{Kind: KindName, Pattern: "ann", Reason: "spam"})
	if why, refused := p.RefuseName("ANN"); !refused || why != "You are banned from this server: spam" {
		t.Errorf("%v %q", refused, why)
	}
	if p.Bans.Refused(KindName) != 1 || p.NamesRefused(CauseBan) != 1 {
		t.Error("not counted")
	}
}

func TestBanned(t *testing.T) {
	p := policy(t, "")
	add(t, p.Bans, Ban{Kind: KindIP, Pattern: "192.0.2.0/24"})
	add(t, p.Bans, Ban{Kind: KindAgent, Pattern: "BadBot/*", Reason: "robots"})
	here, there := netip.MustParseAddr("::ffff:192.0.2.9"), netip.MustParseAddr("198.51.100.1")
	for _, c := range []struct {
		ip    netip.Addr
		agent string
		want  string
	}{
		{here, "", "You are banned from this server."},
		{there, "", ""},
		{there, "badbot/1.0 (x)", "You are banned from this server: robots"},
		{there, "Mozilla/5.0 BadBot/1", ""},
		{netip.Addr{}, "Mozilla/5.0", ""},
	} {
		if why, banned := p.Banned(c.ip, c.agent); why != c.want || banned != (c.want != "") {
			t.Errorf("%v %q: %q", c.ip, c.agent, why)
		}
	}
	if p.Bans.Refused(KindIP) != 1 || p.Bans.Refused(KindAgent) != 1 {
		t.Error("not counted by kind")
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"ok\n(open":                             "line 2: ",
		"a)(b":                                  "line 1: ",
		"(?=lookahead)":                         "line 1: ",
		"# x\n.*":                               "line 2: .* refuses every name",
		"a|":                                    "line 1: a| refuses every name",
		strings.Repeat("x\n", maxExpressions+1): "more than 1000 expressions",
		strings.Repeat("#", maxFilterFile+1):    "is larger than",
	} {
		if _, err := NewNameRules(filterFile(t, text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := NewNameRules(filepath.Join(t.TempDir(), "none"), nil); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestReloadFilter(t *testing.T) {
	file := filterFile(t, "ann\n")
	p := policy(t, file)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refuses := func(name string) bool {
		_, refused := p.RefuseName(name)
		return refused
	}
	write("bob\n")
	if err := p.Names.Reload(); err != nil || refuses("ann") || !refuses("bob") {
		t.Errorf("after the reload: %v", err)
	}
	write("((\n")
	if err := p.Names.Reload(); err == nil || !refuses("bob") {
		t.Errorf("after a bad reload: %v", err)
	}
	write("")
	if err := p.Names.Reload(); err != nil || refuses("bob") {
		t.Errorf("after an empty reload: %v", err)
	}
}

// FuzzFold sees that folding twice is folding once: otherwise a folded pattern could miss a folded name.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "Ann", "ＡＮＮ", "İ", "ß", "\u1e9e", "ﬁ", "a\u0301", "\u200b", "Σσς", "ǅ", "\xff", "K", "  a  b "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := fold(s)
		if twice := fold(once); twice != once {
			t.Errorf("%+q, then %+q", once, twice)
		}
		if strings.ContainsFunc(once, invisible) {
			t.Errorf("%+q has invisible characters", once)
		}
	})
}
