package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/skeinhq/skein/supervisor"
	"github.com/spf13/pflag"
)

// loadWith loads the given sources.
func loadWith(t *testing.T, table Table, args, environ []string) *Result {
	t.Helper()
	set := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags := AddFlags(set, table.Settings)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(table, flags, environ)
}

// file writes a configuration file and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func problems(r *Result) (out []string) {
	for _, p := range r.Problems {
		s := p.String()
		if p.Warning {
			s = "warning: " + s
		}
		if i := strings.LastIndex(s, string(filepath.Separator)+"skein."); i >= 0 {
			s = s[i+1:]
		}
		out = append(out, s)
	}
	return out
}

func TestPrecedence(t *testing.T) {
	const yaml, toml = "max_clients: 10\n", "max_clients = 10\n"
	tests := []struct {
		name       string
		file, body string
		env, args  []string
		want       int
		origin     string // FILE stands for the path
	}{
		{name: "default", want: 0, origin: "default"},
		{name: "yaml", file: "skein.yaml", body: yaml, want: 10, origin: "FILE:1"},
		{name: "yml", file: "skein.yml", body: "# comment\n" + yaml, want: 10, origin: "FILE:2"},
		{name: "json", file: "skein.json", body: `{"max_clients": 10}`, want: 10, origin: "FILE:1"},
		{name: "toml", file: "skein.toml", body: "\n\n" + toml, want: 10, origin: "FILE:3"},
		{
			name: "environment over file", file: "skein.yaml", body: yaml, env: []string{"SKEIN_MAX_CLIENTS=20"},
			want: 20, origin: "env SKEIN_MAX_CLIENTS",
		},
		{
			name: "flag over environment over file", file: "skein.toml", body: toml, env: []string{"SKEIN_MAX_CLIENTS=20"},
			args: []string{"--max-clients", "30"}, want: 30, origin: "flag --max-clients",
		},
		{name: "the last flag wins", args: []string{"--max-clients=30", "--max-clients=31"}, want: 31, origin: "flag --max-clients"},
		{
			name: "an empty variable is not set", file: "skein.yaml", body: yaml, env: []string{"SKEIN_MAX_CLIENTS="},
			want: 10, origin: "FILE:1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args, path := tt.args, ""
			if tt.file != "" {
				path = file(t, tt.file, tt.body)
				args = append(args, "-c", path)
			}
			r := loadWith(t, Serve, args, tt.env)
			if len(r.Problems) > 0 {
				t.Fatal(problems(r))
			}
			if got := r.Config.Server.MaxClients; got != tt.want {
				t.Errorf("MaxClients = %d, want %d", got, tt.want)
			}
			if got, want := r.Lookup("max-clients").Origin.String(), strings.Replace(tt.origin, "FILE", path, 1); got != want {
				t.Errorf("origin = %q, want %q", got, want)
			}
		})
	}
}

// TestEverySource gives every kind of value in every source.
func TestEverySource(t *testing.T) {
	want := supervisor.Options{
		Listen:           []string{"127.0.0.1:3000", "unix:/run/skein.sock"},
		Protocols:        []string{"scratch", "cl4"},
		MaxClientsPerIP:  5,
		MOTD:             "hello, world",
		EnableMOTD:       true,
		RealIPHeader:     "X-Forwarded-For",
		TrustedProxies:   []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		DisabledCommands: []string{"cl4:gvar", "scratch:delete"},
		Scratch:          supervisor.ScratchOptions{FlushInterval: -1, RoomTTL: 90 * time.Minute},
		MaxMessage:       64 << 10, MessageRate: 2.5, MessageBurst: 10,
		PingInterval: -1, IdentifyTimeout: time.Minute, Compression: true,
		DeliverToAllMatches: true, Admin: "127.0.0.1:6060", DrainTimeout: 5 * time.Second,
	}
	yaml := file(t, "skein.yaml", `
listen: [":3000", "unix:/run/skein.sock"]
protocols: scratch, cl4
max_clients_per_ip: 5
motd: hello, world
real_ip_header: X-Forwarded-For
trusted_proxies:
  - 10.1.0.0/8
  - ::1
disabled_commands: [cl4:gvar, scratch:delete]
scratch_flush_interval: 0
scratch_room_ttl: 90m
max_message: 64KiB
message_rate: 2.5
message_burst: 10
ping_interval: 0
identify_timeout: 1m
compression: yes
warn_multiple_usernames: false
admin: 6060
drain_timeout: 5s
`)
	toml := file(t, "skein.toml", `
listen = [":3000", "unix:/run/skein.sock"]
protocols = ["scratch", "cl4"]
max_clients_per_ip = 5
motd = "hello, world"
real_ip_header = "X-Forwarded-For"
trusted_proxies = "10.1.0.0/8, ::1"
disabled_commands = ["cl4:gvar", "scratch:delete"]
scratch_flush_interval = 0
scratch_room_ttl = "90m"
max_message = 65536
message_rate = 2.5
message_burst = 10
ping_interval = "0s"
identify_timeout = "60s"
compression = true
warn_multiple_usernames = false
admin = ":6060"
drain_timeout = "5s"
`)
	tests := []struct {
		name      string
		args, env []string
	}{
		{name: "yaml", args: []string{"-c", yaml}},
		{name: "toml", env: []string{"SKEIN_CONFIG=" + toml}},
		{name: "environment", env: []string{
			"SKEIN_LISTEN=3000,unix:/run/skein.sock", "SKEIN_PROTOCOLS=scratch,cl4", "SKEIN_MAX_CLIENTS_PER_IP=5",
			"SKEIN_MOTD=hello, world", "SKEIN_REAL_IP_HEADER=X-Forwarded-For", "SKEIN_TRUSTED_PROXIES=10.1.0.0/8,::1",
			"SKEIN_DISABLED_COMMANDS=cl4:gvar,scratch:delete", "SKEIN_SCRATCH_FLUSH_INTERVAL=0",
			"SKEIN_SCRATCH_ROOM_TTL=1h30m", "SKEIN_MAX_MESSAGE=64k", "SKEIN_MESSAGE_RATE=2.5", "SKEIN_MESSAGE_BURST=10",
			"SKEIN_PING_INTERVAL=0", "SKEIN_IDENTIFY_TIMEOUT=1m", "SKEIN_COMPRESSION=1",
			"SKEIN_WARN_MULTIPLE_USERNAMES=off", "SKEIN_ADMIN=127.0.0.1:6060", "SKEIN_DRAIN_TIMEOUT=5s",
		}},
		{name: "flags", args: []string{
			"--listen", "127.0.0.1:3000", "--listen=unix:/run/skein.sock", "--protocols", "scratch,cl4",
			"--max-clients-per-ip", "5", "--motd", "hello, world", "--real-ip-header", "X-Forwarded-For",
			"--trusted-proxies", "10.1.0.0/8", "--trusted-proxies", "::1", "--disabled-commands=cl4:gvar,scratch:delete",
			"--scratch-flush-interval", "0", "--scratch-room-ttl", "90m", "--max-message", "0.0625MiB",
			"--message-rate", "2.5", "--message-burst", "10", "--ping-interval", "0", "--identify-timeout", "60s",
			"--compression", "--warn-multiple-usernames=false", "--admin", "6060", "--drain-timeout", "5000ms",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Serve, tt.args, tt.env)
			if len(r.Problems) > 0 {
				t.Fatal(problems(r))
			}
			if diff := cmp.Diff(want, r.Config.Server, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNothingGivenIsTheZeroValue(t *testing.T) {
	r := loadWith(t, Serve, nil, []string{"HOME=", "PATH=/bin"})
	if len(r.Problems) > 0 {
		t.Fatal(problems(r))
	}
	if diff := cmp.Diff(Config{}, r.Config); diff != "" {
		t.Error(diff)
	}
}

func TestDirectoryForData(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the directories of Linux are looked at")
	}
	tests := []struct {
		env  []string
		args []string
		want string
	}{
		{env: []string{"HOME=/home/ada"}, want: "/home/ada/.local/state/skein"},
		{env: []string{"HOME=/home/ada", "XDG_STATE_HOME=/state"}, want: "/state/skein"},
		{env: []string{"HOME=/home/ada", "XDG_STATE_HOME=state"}, want: "/home/ada/.local/state/skein"},
		{env: []string{"HOME=/home/ada", "STATE_DIRECTORY=/var/lib/a:/var/lib/b"}, want: "/var/lib/a"},
		{env: []string{"STATE_DIRECTORY=/var/lib/a", "SKEIN_DATA=none"}, want: "none"},
		{env: []string{"STATE_DIRECTORY=/var/lib/a", "SKEIN_DATA=none"}, args: []string{"--data", "here"}, want: "here"},
		{want: ""},
	}
	for _, tt := range tests {
		if got := loadWith(t, Serve, tt.args, tt.env).Config.Server.Data.Dir; got != tt.want {
			t.Errorf("%q with %q: %q, not %q", tt.env, tt.args, got, tt.want)
		}
	}
}

// TestDefaultsAreValues keeps the defaults in the table readable by the program itself.
func TestDefaultsAreValues(t *testing.T) {
	for _, table := range []Table{Serve, Broker} {
		for _, s := range table.Settings {
			if s.Default == "" {
				continue
			}
			t.Run(table.Prefix+s.Flag(), func(t *testing.T) {
				r := loadWith(t, table, []string{"--" + s.Flag() + "=" + s.Default}, nil)
				if len(r.Problems.Errors()) > 0 {
					t.Fatal(problems(r))
				}
				if got := r.Lookup(s.Name).Text; got != s.Default {
					t.Errorf("%q becomes %q", s.Default, got)
				}
			})
		}
	}
}

func TestPort(t *testing.T) {
	tests := []struct {
		name      string
		args, env []string
		want      []string
		origin    string
	}{
		{"alone", nil, []string{"PORT=8080"}, []string{"0.0.0.0:8080"}, "env PORT"},
		{"empty", nil, []string{"PORT="}, nil, "default"},
		{"below a flag", []string{"--listen", "1234"}, []string{"PORT=8080"}, []string{"127.0.0.1:1234"}, "flag --listen"},
		{"below a variable", nil, []string{"PORT=x", "SKEIN_LISTEN=:1"}, []string{"127.0.0.1:1"}, "env SKEIN_LISTEN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Serve, tt.args, tt.env)
			if len(r.Problems) > 0 {
				t.Fatal(problems(r))
			}
			if !slices.Equal(r.Config.Server.Listen, tt.want) {
				t.Errorf("Listen = %v, want %v", r.Config.Server.Listen, tt.want)
			}
			if got := r.Lookup("listen").Origin.String(); got != tt.origin {
				t.Errorf("origin = %q, want %q", got, tt.origin)
			}
		})
	}
}

func TestCloudLinkDialectHasDefaultsOfItsOwn(t *testing.T) {
	r := loadWith(t, Serve, []string{"--scratch-dialect", "cloudlink", "--scratch-clients", "7"}, nil)
	for name, want := range map[string]string{
		"scratch-values": "any", "scratch-variables": "-1", "scratch-clients": "7", "scratch-rename": "true",
		"scratch-flush-interval": "0",
	} {
		if got := r.Lookup(name).Text; got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	var got string
	table := Serve
	table.Settings = append(slices.Clone(Settings), Setting{
		Name: "token", Secret: true, Help: "a secret",
		reads: one(kind[string]{typ: "text", show: text.show, parse: func(s string) (string, error) {
			if strings.HasPrefix(s, "bad") {
				return "", &os.PathError{Op: s, Path: s, Err: os.ErrInvalid}
			}
			return s, nil
		}}, func(_ *Config, v string) { got = v }),
	})
	path := file(t, "token", "hunter2\n")
	report := func(r *Result) string {
		var b strings.Builder
		if err := r.WriteValues(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}

	r := loadWith(t, table, nil, []string{"SKEIN_TOKEN_FILE=" + path})
	if len(r.Problems) > 0 || got != "hunter2" {
		t.Errorf("got %q, %v", got, problems(r))
	}
	if out := report(r); strings.Contains(out, "hunter2") || !strings.Contains(out, "(secret)") {
		t.Errorf("the report shows the secret:\n%s", out)
	}
	r = loadWith(t, table, nil, []string{"SKEIN_TOKEN=a", "SKEIN_TOKEN_FILE=" + path})
	if diff := cmp.Diff([]string{"SKEIN_TOKEN_FILE: given although SKEIN_TOKEN is"}, problems(r)); diff != "" {
		t.Error(diff)
	}
	r = loadWith(t, table, nil, []string{"SKEIN_TOKEN_FILE=" + path + ".missing"})
	if len(r.Problems) != 1 || !strings.Contains(problems(r)[0], "no such file") {
		t.Error(problems(r))
	}
	r = loadWith(t, table, nil, []string{"SKEIN_TOKEN=bad-secret"})
	if len(r.Problems) != 1 || strings.Contains(problems(r)[0], "bad-secret") {
		t.Error(problems(r))
	}
	r = loadWith(t, table, nil, []string{"SKEIN_MOTD_FILE=" + path})
	if len(r.Problems) != 1 {
		t.Error("a setting that is no secret was taken from a file")
	}
}
