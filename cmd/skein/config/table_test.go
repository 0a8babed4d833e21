package config

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9-]*[a-z]$`)
	seen := map[string]bool{}
	for _, s := range Settings {
		switch {
		case !name.MatchString(s.Name):
			t.Errorf("%q is no name", s.Name)
		case seen[s.Name]:
			t.Errorf("%s is there twice", s.Name)
		case s.Help == "" || strings.HasSuffix(s.Help, "."):
			t.Errorf("%s: help %q", s.Name, s.Help)
		case s.Group == "" || s.Type() == "":
			t.Errorf("%s has no group or no type", s.Name)
		}
		seen[s.Name] = true
	}
}

// byName returns the setting with that name.
func byName(settings []Setting, name string) *Setting {
	for i := range settings {
		if settings[i].Name == name {
			return &settings[i]
		}
	}
	return nil
}

func TestNames(t *testing.T) {
	s := byName(Settings, "max-clients-per-ip")
	if s.Env() != "SKEIN_MAX_CLIENTS_PER_IP" || s.Key() != "max_clients_per_ip" {
		t.Errorf("%s, %s", s.Env(), s.Key())
	}
}

func TestMarkdown(t *testing.T) {
	var b strings.Builder
	if err := WriteMarkdown(&b, []Setting{*byName(Settings, "max-clients"), *byName(Settings, "allowed-origins"), *byName(Settings, "tls-key")}); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"| setting | default | |",
		"|---|---|---|",
		"| `--max-clients` | `-1` | Connections, unidentified ones too; -1: no limit |",
		"| `--allowed-origins` | `*` | Origin values of web pages that may connect; \\* matches any part |",
		"| `--tls-key` |  | Private key of the certificate (PEM) |",
		"",
	}, "\n")
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestSizes(t *testing.T) {
	for in, want := range map[string]int{
		"1": 1, "1048576": 1 << 20, "1MiB": 1 << 20, "1mib": 1 << 20, "64 KiB": 64 << 10, "64k": 64 << 10, "1MB": 1e6,
		"1.5MiB": 3 << 19, "1GiB": 1 << 30, "12b": 12, " 7 ": 7,
	} {
		got, err := parseSize(in)
		if err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", in, got, err, want)
		}
		if again, err := parseSize(formatSize(got)); err != nil || again != got {
			t.Errorf("%d is shown as %q, which is %d, %v", got, formatSize(got), again, err)
		}
	}
	for _, in := range []string{"", "0", "-1", "MiB", "1.3", "1e3", "0x10", "inf", "NaN", "1_000", "3GiB", "1TiB", "+5"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("parseSize(%q) = %d", in, got)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	words := []string{"max-clients", "max-message", "tls"}
	for in, want := range map[string]string{
		"max_clients": "max-clients", "MAX_CLIENT": "max-clients", "maxclients": "max-clients", "mxa-message": "max-message",
		"tsl": "tls", "colour": "", "": "",
	} {
		if got := closest(in, words); got != want {
			t.Errorf("closest(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzFiles makes sure that no file brings the parsers down, and that what is wrong has a place.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("max_clients: 5\nlisten: [a, {b: c}]\nmotd: &a x\nx: *a"))
	f.Add([]byte("max_clients = 5\n[[a]]\nb = {c = [1, 'x']}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, parse := range []func([]byte) ([]fileEntry, int, error){parseYAML, parseTOML} {
			entries, _, err := parse(data)
			if err != nil {
				continue
			}
			assign(Settings, "f", entries)
			for _, e := range entries {
				if e.line < 1 {
					t.Errorf("key %q has no line", e.key)
				}
			}
		}
	})
}
