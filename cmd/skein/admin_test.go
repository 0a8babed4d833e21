package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/spf13/pflag"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		"ann":                "ann",
		"Äpfel ☁ 日本":         "Äpfel ☁ 日本",
		"a\x1b[31mb":         `a\x1b[31mb`,
		"a\nb\tc\x00":        `a\nb\tc\x00`,
		"\u202egnp":          `\u202egnp`,
		"\u200b\ufeff\u061c": `\u200b\ufeff\u061c`,
		"it's":               "it's",
		"'\x07'":             `'\a'`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLongDuration(t *testing.T) {
	const day = 24 * time.Hour
	for in, want := range map[string]time.Duration{
		"90d": 90 * day, "1d12h": 36 * time.Hour, "12h": 12 * time.Hour, "30m": 30 * time.Minute, "36500d": 36500 * day,
	} {
		if got, err := config.LongDuration(in); err != nil || got != want {
			t.Errorf("config.LongDuration(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "d", "0d", "-1d", "1d-30h", "soon", "1", "99999999999d", "1.5d", "1dd"} {
		if got, err := config.LongDuration(in); err == nil {
			t.Errorf("config.LongDuration(%q) = %v", in, got)
		}
	}
}

func TestSpanAndAmount(t *testing.T) {
	for in, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m01s", 3*time.Hour + 2*time.Minute: "3h02m", 49 * time.Hour: "2d01h",
	} {
		if got := span(in); got != want {
			t.Errorf("span(%v) = %s, want %s", in, got, want)
		}
	}
	for in, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1 << 10: "1.0 KiB", 3 << 29: "1.5 GiB"} {
		if got := amount(in); got != want {
			t.Errorf("amount(%d) = %s, want %s", in, got, want)
		}
	}
}

// TestAdminAccess: flags win over the environment, the environment over what a server has left, that over the
// configuration; a key goes only to the address that it was left for.
func TestAdminAccess(t *testing.T) {
	left := t.TempDir()
	if err := os.WriteFile(filepath.Join(left, "admin.json"), []byte(`{"addresses":["0.0.0.0:7","unix:/s"],"key":"KEY"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "admin.json"), []byte(`{`), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(" FROM FILE \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		o    adminOptions
		data string
		env  map[string]string
		want adminAccess
		err  bool
	}{
		"nothing":               {err: true},
		"left by a server":      {data: left, want: adminAccess{"unix:/s", "KEY"}},
		"left, another token":   {data: left, o: adminOptions{token: "T"}, want: adminAccess{"unix:/s", "T"}},
		"flag":                  {data: left, o: adminOptions{addr: "h:1"}, env: map[string]string{"SKEIN_ADMIN_ADDR": "h:2"}, want: adminAccess{"h:1", ""}},
		"environment":           {data: left, env: map[string]string{"SKEIN_ADMIN_ADDR": "h:2", "SKEIN_ADMIN_TOKEN": "E"}, want: adminAccess{"h:2", "E"}},
		"the address of a file": {data: left, o: adminOptions{addr: "127.0.0.1:7"}, want: adminAccess{"127.0.0.1:7", "KEY"}},
		"token file":            {o: adminOptions{addr: "h:1", tokenFile: file}, env: map[string]string{"SKEIN_ADMIN_TOKEN": "E"}, want: adminAccess{"h:1", "FROM FILE"}},
		"token file in env":     {o: adminOptions{addr: "h:1"}, env: map[string]string{"SKEIN_ADMIN_TOKEN_FILE": file}, want: adminAccess{"h:1", "FROM FILE"}},
		"token file is gone":    {o: adminOptions{addr: "h:1", tokenFile: file + "x"}, err: true},
		"configuration":         {env: map[string]string{"SKEIN_ADMIN": "9090"}, want: adminAccess{"127.0.0.1:9090", ""}},
		"broken file":           {data: broken, err: true},
		"broken and not needed": {data: broken, o: adminOptions{addr: "h:1"}, want: adminAccess{"h:1", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []string{"SKEIN_ADMIN", "SKEIN_ADMIN_ADDR", "SKEIN_ADMIN_TOKEN", "SKEIN_ADMIN_TOKEN_FILE", "STATE_DIRECTORY"} {
				t.Setenv(v, "")
				if _, given := tt.env[v]; !given {
					os.Unsetenv(v)
				}
			}
			for v, value := range tt.env {
				t.Setenv(v, value)
			}
			set := pflag.NewFlagSet("", pflag.ContinueOnError)
			o := tt.o
			o.settings = config.AddFlags(set, config.Serve.Only(func(s *config.Setting) bool { return s.Name == "data" }).Settings)
			data := tt.data
			if data == "" {
				data = t.TempDir()
			}
			if err := set.Parse([]string{"--data", data}); err != nil {
				t.Fatal(err)
			}
			got, err := o.access()
			if (err != nil) != tt.err || err == nil && got != tt.want {
				t.Errorf("%+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
}

func TestPlainAddresses(t *testing.T) {
	for addr, want := range map[string]bool{
		"unix:/s": false, "127.0.0.1:1": false, "localhost:1": false, "[::1]:1": false, "https://example.org": false,
		"http://127.0.0.1:1": false, "example.org:1": true, "192.0.2.1:1": true, "http://example.org": true, "[2001:db8::1]:1": true,
	} {
		if got := (adminAccess{addr: addr}).plain(); got != want {
			t.Errorf("%s is plain: %v", addr, got)
		}
	}
}

func TestWithCloud(t *testing.T) {
	for in, want := range map[string]string{"score": "☁ score", "☁ score": "☁ score", "☁score": "☁score"} {
		if got := withCloud(in); got != want {
			t.Errorf("withCloud(%q) = %q", in, got)
		}
	}
}

func TestKindOfBan(t *testing.T) {
	for pattern, want := range map[string]string{
		"192.0.2.7": "ip", "10.0.0.0/8": "ip", "2001:db8::7": "ip", "::/0": "ip", "ann": "name", "*bot*": "name", "a/b": "name",
		"4711": "name", "beef": "name", "j.doe": "name", "300.1.1.1": "", "192.0.2.*": "", "10.0.0.0/33": "", "1.2.3": "", "::1/200": "",
	} {
		if got, err := kindOf(pattern); got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v", pattern, got, err)
		}
	}
}
