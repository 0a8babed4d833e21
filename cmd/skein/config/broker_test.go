package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/skeinhq/skein/supervisor"
)

// brokerDefaults are the options of a broker that has been told nothing.
func brokerDefaults() supervisor.Options {
	return supervisor.Options{
		NoListen: true, DrainTimeout: 3 * time.Second,
		PyStrands: supervisor.PyStrandsOptions{Listen: []string{":8080"}, Backends: []string{"localhost:8081"}},
	}
}

// everyOption are options in which nothing has its default, apart from TLS.
func everyOption() supervisor.PyStrandsOptions {
	return supervisor.PyStrandsOptions{
		Listen: []string{"127.0.0.1:9000"}, Backends: []string{"[::1]:9001"},
		QueueSize: -1, QueueBytes: 32 << 20, BackendQueueBytes: 1 << 20, ClientQueue: 10, ClientQueueBytes: 64 << 10,
		MaxMessage: 1 << 30, MaxLine: 12, MaxClients: 5, MaxRequests: 6, MaxBackends: 7,
		RequestTimeout: 500 * time.Millisecond, AttachDelay: -1, HeartbeatInterval: time.Minute,
		BackendWriteTimeout: 2 * time.Minute, PingInterval: -1,
		DuplicateClient: "replace", RejectMode: "close", AllowedOrigins: []string{"https://a.example", "https://b.example"},
		BackendToken: "hunter2",
	}
}

// everySetting is how they are given.
var everySetting = []string{
	"queue-size=0", "queue-bytes=32M", "backend-queue-bytes=1024k", "client-queue=10", "client-queue-bytes=65536",
	"max-message=1G", "max-line=12", "max-clients=5", "max-requests=6", "max-backends=7", "request-timeout=500ms",
	"attach-delay=0", "heartbeat-interval=60s", "backend-write-timeout=2m", "ping-interval=0", "duplicate-client=replace",
	"reject-mode=close", "allowed-origins=https://a.example,https://b.example", "backend-token=hunter2",
}

func asFlags(prefix string, settings []string) (out []string) {
	for _, s := range settings {
		out = append(out, "--"+prefix+s)
	}
	return out
}

func asEnv(prefix string, settings []string) (out []string) {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		out = append(out, prefix+strings.ToUpper(underscored(name))+"="+value)
	}
	return out
}

func TestBrokerOptions(t *testing.T) {
	every := brokerDefaults()
	every.PyStrands = everyOption()
	every.Admin = "127.0.0.1:9002"
	every.DrainTimeout = time.Second
	settings := append([]string{"ws-port=9000", "tcp-port=9001", "bind=127.0.0.1", "tcp-bind=[::1]", "metrics-addr=9002", "drain-timeout=1s"}, everySetting...)
	tests := []struct {
		name      string
		args, env []string
		want      supervisor.Options
	}{
		{name: "nothing", env: []string{"PORT=1", "SKEIN_LISTEN=1"}, want: brokerDefaults()},
		{name: "flags", args: asFlags("", settings), want: every},
		{name: "environment", env: asEnv("PYSTRAND_", settings), want: every},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Broker, tt.args, tt.env)
			if len(r.Problems) > 0 {
				t.Fatal(problems(r))
			}
			if diff := cmp.Diff(tt.want, r.Config.Server, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBrokerPrecedence(t *testing.T) {
	tests := []struct {
		name      string
		args, env []string
		setting   string
		want      string
		origin    string
	}{
		{name: "environment over flag", args: []string{"--queue-size=1"}, env: []string{"PYSTRAND_QUEUE_SIZE=2"}, setting: "queue-size", want: "2", origin: "env PYSTRAND_QUEUE_SIZE"},
		{name: "an empty variable is not set", args: []string{"--queue-size=1"}, env: []string{"PYSTRAND_QUEUE_SIZE="}, setting: "queue-size", want: "1", origin: "flag --queue-size"},
		{name: "the last one", args: []string{"--queue-size=1", "--queue-size=0"}, setting: "queue-size", want: "0", origin: "flag --queue-size"},
		{name: "the last list", args: []string{"--allowed-origins=a,b", "--allowed-origins=c,d"}, setting: "allowed-origins", want: "c,d", origin: "flag --allowed-origins"},
		{name: "default", setting: "bind", want: "all", origin: "default"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Broker, tt.args, tt.env)
			if len(r.Problems) > 0 {
				t.Fatal(problems(r))
			}
			v := r.Lookup(prefixStrands + tt.setting)
			if tt.setting == "queue-size" && (r.Config.Server.PyStrands.QueueSize == -1) != (tt.want == "0") {
				t.Errorf("QueueSize = %d", r.Config.Server.PyStrands.QueueSize)
			}
			if v.Text != tt.want || v.Origin.String() != tt.origin {
				t.Errorf("%q from %q, want %q from %q", v.Text, v.Origin, tt.want, tt.origin)
			}
		})
	}
}

func TestBind(t *testing.T) {
	for in, want := range map[string]string{
		"all": ":8080", "*": ":8080", "loopback": "localhost:8080", "localhost": "localhost:8080", "0.0.0.0": "0.0.0.0:8080",
		"::": "[::]:8080", "[::1]": "[::1]:8080", "example.org": "example.org:8080",
	} {
		r := loadWith(t, Broker, []string{"--bind", in}, nil)
		if got := r.Config.Server.PyStrands.Listen; len(r.Problems) > 0 || len(got) != 1 || got[0] != want {
			t.Errorf("--bind %s: %v, want %s; %v", in, got, want, problems(r))
		}
	}
}

func TestBrokerValidation(t *testing.T) {
	const open = " is open to the network: whoever reaches it can read and send every message. Set backend-token or tcp-tls-client-ca"
	cert, key := certificate(t, time.Now().Add(time.Hour))
	empty := file(t, "empty", "\n")
	tests := []struct {
		name      string
		args, env []string
		want      []string
	}{
		{name: "no number", args: []string{"--ws-port=abc"}, want: []string{`--ws-port: "abc" is not a port: a number from 0 to 65535 is wanted`}},
		{name: "variable", args: []string{"--ws-port=9000"}, env: []string{"PYSTRAND_WS_PORT=abc"}, want: []string{`PYSTRAND_WS_PORT: "abc" is not a port: a number from 0 to 65535 is wanted`}},
		{name: "covered flag", args: []string{"--ws-port=abc"}, env: []string{"PYSTRAND_WS_PORT=9000"}, want: []string{`--ws-port: "abc" is not a port: a number from 0 to 65535 is wanted`}},
		{name: "port", args: []string{"--tcp-port=65536"}, want: []string{"--tcp-port: 65536 is not a port: they go from 0 to 65535"}},
		{name: "negative port", args: []string{"--tcp-port=-1"}, want: []string{"--tcp-port: -1 is not a port: they go from 0 to 65535"}},
		{name: "queue", args: []string{"--queue-size=-1"}, want: []string{"--queue-size: -1 is too low: at least 0"}},
		{name: "equal ports", args: []string{"--ws-port=9000", "--tcp-port=9000"}, want: []string{"--tcp-port: 9000 is ws-port already: give one of them another port"}},
		{name: "equal to a default", args: []string{"--ws-port=8081"}, want: []string{"--ws-port: 8081 is tcp-port already: give one of them another port"}},
		{name: "equal on other addresses", args: []string{"--ws-port=8081", "--bind=192.0.2.1"}, want: []string{"--ws-port: 8081 is tcp-port already: give one of them another port"}},
		{name: "free ports", args: []string{"--ws-port=0", "--tcp-port=0", "--metrics-addr=0"}},
		{name: "metrics on the same", args: []string{"--metrics-addr=8080"}, want: []string{"--metrics-addr: 127.0.0.1:8080 is taken by ws-port: give one of them another port"}},
		{name: "heartbeat", args: []string{"--heartbeat-interval=61s"}, want: []string{`--heartbeat-interval: "61s" is out of range: 1s to 1m`}},
		{name: "heartbeat", args: []string{"--heartbeat-interval=500ms"}, want: []string{`--heartbeat-interval: "500ms" is out of range: 1s to 1m`}},
		{name: "duration", args: []string{"--request-timeout=10"}, want: []string{`--request-timeout: "10" is not a duration such as 20s, 5m or 1h30m`}},
		{name: "size", args: []string{"--max-line=64T"}, want: []string{`--max-line: "64T" is not a size such as 64KiB, 1MiB or 1048576`}},
		{name: "word", args: []string{"--duplicate-client=replac"}, want: []string{`--duplicate-client: "replac" is not one of fanout, replace, reject (did you mean "replace"?)`}},
		{name: "bind with port", args: []string{"--bind=127.0.0.1:80"}, want: []string{`--bind: "127.0.0.1:80" is not an address: all, loopback, or one such as 192.0.2.1, without a port`}},
		{name: "unknown variable", env: []string{"PYSTRAND_QUEUESIZE=1"}, want: []string{`warning: PYSTRAND_QUEUESIZE: unknown variable (did you mean "PYSTRAND_QUEUE_SIZE"?)`}},
		{name: "certificate alone", args: []string{"--tls-cert=a"}, want: []string{"--tls-cert: a certificate needs its private key: tls-key is missing"}},
		{name: "key alone", args: []string{"--tcp-tls-key=a"}, want: []string{"--tcp-tls-key: a private key needs its certificate: tcp-tls-cert is missing"}},
		{name: "certificates", args: []string{"--tls-cert=" + cert, "--tls-key=" + key, "--tcp-tls-cert=" + cert, "--tcp-tls-key=" + key, "--tcp-tls-client-ca=" + cert, "--tcp-bind=all"}},
		{name: "client CA alone", args: []string{"--tcp-tls-client-ca=" + cert}, want: []string{"--tcp-tls-client-ca: client certificates need TLS: tcp-tls-cert and tcp-tls-key are missing"}},
		{name: "no client CA", args: []string{"--tcp-tls-cert=" + cert, "--tcp-tls-key=" + key, "--tcp-tls-client-ca=/nonexistent"}, want: []string{"--tcp-tls-client-ca: /nonexistent: no such file or directory"}},
		{name: "client CA that is none", args: []string{"--tcp-tls-cert=" + cert, "--tcp-tls-key=" + key, "--tcp-tls-client-ca=" + key}, want: []string{"--tcp-tls-client-ca: " + key + ": there is no certificate (PEM) in it"}},
		{name: "empty token", args: []string{"--backend-token-file=" + empty}, want: []string{"--backend-token-file: " + empty + ": the file is empty"}},
		{name: "empty token", args: []string{"--backend-token="}, want: []string{"--backend-token: the secret is empty: leave the setting away for none"}},
		{name: "two tokens", args: []string{"--backend-token=a", "--backend-token-file=" + key}, want: []string{"--backend-token-file: given although --backend-token is"}},
		{name: "two tokens", env: []string{"PYSTRAND_BACKEND_TOKEN=a", "PYSTRAND_BACKEND_TOKEN_FILE=" + key}, want: []string{"PYSTRAND_BACKEND_TOKEN_FILE: given although PYSTRAND_BACKEND_TOKEN is"}},
		{name: "open", args: []string{"--tcp-bind=all"}, want: []string{"warning: --tcp-bind: :8081" + open}},
		{name: "open", env: []string{"PYSTRAND_TCP_BIND=192.0.2.1"}, want: []string{"warning: PYSTRAND_TCP_BIND: 192.0.2.1:8081" + open}},
		{name: "open with a token", args: []string{"--tcp-bind=all", "--backend-token=a"}},
		{name: "all at once", args: []string{"--ws-port=x", "--queue-size=-1"}, env: []string{"PYSTRAND_TCP_PORT=y"}, want: []string{
			`PYSTRAND_TCP_PORT: "y" is not a port: a number from 0 to 65535 is wanted`,
			`--ws-port: "x" is not a port: a number from 0 to 65535 is wanted`, "--queue-size: -1 is too low: at least 0",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Broker, tt.args, tt.env)
			if diff := cmp.Diff(tt.want, problems(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBrokerToken(t *testing.T) {
	path := file(t, "token", "hunter2\r\n")
	for name, r := range map[string]*Result{
		"flag":     loadWith(t, Broker, []string{"--backend-token-file", path}, nil),
		"variable": loadWith(t, Broker, nil, []string{"PYSTRAND_BACKEND_TOKEN_FILE=" + path}),
		"server":   loadWith(t, Serve, []string{"--pystrands-ws=0", "--pystrands-backend-token-file", path}, nil),
		"key":      loadWith(t, Serve, []string{"-c", file(t, "skein.yaml", "pystrands_ws: 0\npystrands_backend_token_file: "+path)}, nil),
	} {
		if got := r.Config.Server.PyStrands.BackendToken; len(r.Problems) > 0 || got != "hunter2" {
			t.Errorf("%s: %q, %v", name, got, problems(r))
		}
		if shown := r.Lookup("pystrands-backend-token").Shown(); shown != "(secret)" {
			t.Errorf("%s: shown as %s", name, shown)
		}
	}
}

func TestBrokerInTheServer(t *testing.T) {
	every := everyOption()
	settings := append([]string{"ws=9000", "tcp=[::1]:9001"}, everySetting...)
	var yaml strings.Builder
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		yaml.WriteString("pystrands_" + underscored(name) + ": \"" + value + "\"\n")
	}
	tests := []struct {
		name      string
		args, env []string
		want      supervisor.PyStrandsOptions
	}{
		{name: "off"},
		{name: "clients", args: []string{"--pystrands-ws", "9000"}, want: supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:9000"}, Backends: []string{"localhost:8081"}}},
		{name: "backends", args: []string{"--pystrands-tcp", ":9001"}, want: supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:8080"}, Backends: []string{"localhost:9001"}}},
		{
			name: "several, and sockets", args: []string{"--pystrands-ws", "9000,unix:/a", "--pystrands-tcp=unix:/b", "--pystrands-tcp", "127.0.0.1:9001"},
			want: supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:9000", "unix:/a"}, Backends: []string{"unix:/b", "127.0.0.1:9001"}},
		},
		{
			name: "flags over the environment", args: []string{"--pystrands-ws=1", "--pystrands-tcp=2"}, env: []string{"SKEIN_PYSTRANDS_WS=3", "SKEIN_PYSTRANDS_TCP="},
			want: supervisor.PyStrandsOptions{Listen: []string{"127.0.0.1:1"}, Backends: []string{"localhost:2"}},
		},
		{name: "every flag", args: asFlags("pystrands-", settings), want: every},
		{name: "every variable", env: asEnv("SKEIN_PYSTRANDS_", settings), want: every},
		{name: "every key", args: []string{"-c", file(t, "skein.yaml", yaml.String())}, want: every},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Serve, tt.args, tt.env)
			if len(r.Problems) > 0 {
				t.Fatal(problems(r))
			}
			if diff := cmp.Diff(tt.want, r.Config.Server.PyStrands); diff != "" {
				t.Error(diff)
			}
			if r.Config.Server.NoListen {
				t.Error("the server does not listen")
			}
		})
	}
	r := loadWith(t, Serve, []string{"--pystrands-tcp", "9001"}, nil)
	if v := r.Lookup("pystrands-ws"); v.Text != "127.0.0.1:8080" || v.Origin.Layer != LayerDefault {
		t.Errorf("pystrands-ws is shown as %q from %v", v.Text, v.Origin)
	}
}

func TestBrokerInTheServerValidation(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{name: "no address", args: []string{"--pystrands-ws="}, want: []string{"--pystrands-ws: no address"}},
		{name: "off", args: []string{"--pystrands-queue-size=5"}, want: []string{"warning: --pystrands-queue-size: of no effect without pystrands-ws or pystrands-tcp"}},
		{name: "the same", args: []string{"--pystrands-ws=127.0.0.1:9000", "--pystrands-tcp=9000"}, want: []string{"--pystrands-tcp: localhost:9000 is taken by pystrands-ws: give one of them another port"}},
		{name: "the server's", args: []string{"--pystrands-ws=3000"}, want: []string{"--pystrands-ws: 127.0.0.1:3000 is taken by listen: give one of them another port"}},
		{name: "the server's, on all addresses", args: []string{"--pystrands-ws=0.0.0.0:3000"}, want: []string{"--pystrands-ws: 0.0.0.0:3000 is taken by listen: give one of them another port"}},
		{name: "admin's", args: []string{"--pystrands-ws=3001", "--admin=3001"}, want: []string{"--pystrands-ws: 127.0.0.1:3001 is taken by admin: give one of them another port"}},
		{name: "one socket for both", args: []string{"--pystrands-ws=unix:/a", "--pystrands-tcp=unix:/a"}, want: []string{"--pystrands-tcp: unix:/a is taken by pystrands-ws: give one of them another port"}},
		{name: "not the same", args: []string{"--pystrands-ws=192.0.2.1:3000", "--pystrands-tcp=192.0.2.2:3000", "--pystrands-backend-token=a"}},
		{name: "key alone", args: []string{"--pystrands-ws=0", "--pystrands-tls-key=a"}, want: []string{"--pystrands-tls-key: a private key needs its certificate: pystrands-tls-cert is missing"}},
		{name: "open", args: []string{"--pystrands-tcp=0.0.0.0:9001"}, want: []string{"warning: --pystrands-tcp: 0.0.0.0:9001 is open to the network: whoever reaches it can read and send every message. Set pystrands-backend-token or pystrands-tcp-tls-client-ca"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Serve, tt.args, nil)
			if diff := cmp.Diff(tt.want, problems(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBrokerHasTheServersSettings keeps the two tables from drifting apart.
func TestBrokerHasTheServersSettings(t *testing.T) {
	for _, s := range Serve.Settings {
		if !strings.HasPrefix(s.Name, prefixStrands) {
			continue
		}
		b := byName(Broker.Settings, s.Name)
		if b == nil {
			t.Errorf("the broker has no %s", s.Name)
			continue
		}
		if b.Env() == s.Env() || strings.HasPrefix(b.Flag(), prefixStrands) {
			t.Errorf("the broker calls it %s, %s", b.Flag(), b.Env())
		}
	}
}

func TestSecretsInFilesAreSettingsToo(t *testing.T) {
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := loadWith(t, Serve, []string{"-c", file(t, "skein.toml", "pystrands_ws = 0\npystrands_backend_token = 'a'\npystrands_backend_token_file = '"+token+"'\n")}, nil)
	want := []string{"skein.toml:3: pystrands_backend_token_file: given although pystrands_backend_token is"}
	if diff := cmp.Diff(want, problems(r)); diff != "" {
		t.Error(diff)
	}
}
