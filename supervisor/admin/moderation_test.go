package admin

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/cl4admin"
	"github.com/skeinhq/skein/supervisor/moderation"
)

func TestModerationMetrics(t *testing.T) {
	names, err := moderation.NewNameRules("", []string{"admin"})
	if err != nil {
		t.Fatal(err)
	}
	p := &moderation.Policy{Bans: moderation.NewList(nil), Names: names}
	for _, b := range []moderation.Ban{{Kind: moderation.KindIP, Pattern: "192.0.2.0/24"}, {Kind: moderation.KindName, Pattern: "troll"}} {
		if _, _, err := p.Bans.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	p.Banned(netip.MustParseAddr("192.0.2.1"), "")
	p.RefuseName("admin")
	p.RefuseName("Troll")
	want := `
# HELP skein_bans Bans that are kept.
# TYPE skein_bans gauge
skein_bans 2
# HELP skein_bans_applied_total Clients refused or closed, and names refused, because of bans.
# TYPE skein_bans_applied_total counter
skein_bans_applied_total{kind="agent"} 0
skein_bans_applied_total{kind="ip"} 1
skein_bans_applied_total{kind="name"} 1
# HELP skein_names_refused_total Usernames refused, by why.
# TYPE skein_names_refused_total counter
skein_names_refused_total{cause="ban"} 1
skein_names_refused_total{cause="filter"} 0
skein_names_refused_total{cause="length"} 0
skein_names_refused_total{cause="reserved"} 1
`
	if err := testutil.CollectAndCompare(ModerationCollector(p), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestCL4AdminMetrics(t *testing.T) {
	a, err := cl4admin.Bind(cl4admin.Options{System: actors.NewSystem(actors.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	if n := testutil.CollectAndCount(CL4AdminCollector(a)); n != len(cl4admin.Results)+2 {
		t.Errorf("%d figures", n)
	}
}
