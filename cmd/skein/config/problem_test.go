package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestProblemsInFiles(t *testing.T) {
	tests := []struct {
		name, file, body string
		want             []string
	}{
		{"unknown key", "skein.yaml", "# x\nmax_clinets: 1\n", []string{`skein.yaml:2: max_clinets: unknown key (did you mean "max_clients"?)`}},
		{"unknown key", "skein.toml", "# x\nmax_clinets = 1\n", []string{`skein.toml:2: max_clinets: unknown key (did you mean "max_clients"?)`}},
		{"nothing like it", "skein.yaml", "colour: red", []string{"skein.yaml:1: colour: unknown key"}},
		{"with dashes", "skein.yaml", "max-clients: 1", []string{`skein.yaml:1: max-clients: unknown key (did you mean "max_clients"?)`}},
		{"groups", "skein.yaml", "scratch:\n  values: any", []string{"skein.yaml:1: scratch: unknown key (settings are not grouped: scratch_dialect stands on the top level)"}},
		{"groups", "skein.toml", "[scratch]\nvalues = 'any'", []string{"skein.toml:1: scratch: unknown key (settings are not grouped: scratch_dialect stands on the top level)"}},
		{"itself", "skein.yaml", "config: other.yaml", []string{"skein.yaml:1: config: unknown key"}},
		{"twice", "skein.yaml", "motd: a\nmotd: b", []string{"skein.yaml:2: motd: given twice, first in line 1"}},
		{"no value", "skein.yaml", "motd:", []string{"skein.yaml:1: motd: no value"}},
		{"list for one", "skein.yaml", "max_clients: [1]", []string{"skein.yaml:1: max_clients: one value is wanted, not a list"}},
		{"list for one", "skein.toml", "max_clients = [1]", []string{"skein.toml:1: max_clients: one value is wanted, not a list"}},
		{"keys for a value", "skein.yaml", "max_clients: {a: 1}", []string{"skein.yaml:1: max_clients: a value is wanted, not keys of its own"}},
		{"lists in a list", "skein.toml", "listen = [['a']]", []string{"skein.toml:1: listen: a list of single values is wanted"}},
		{"empty list", "skein.yaml", "listen: []", []string{"skein.yaml:1: listen: no address"}},
		{"no mapping", "skein.yaml", "- a\n", []string{"skein.yaml:1: keys and values are wanted, such as max_clients: 100"}},
		{"documents", "skein.yaml", "motd: a\n---\nmotd: b\n", []string{"skein.yaml:2: one YAML document is wanted, not several"}},
		{"syntax", "skein.toml", "a = 1\nb = [2", []string{"skein.toml:2: not valid TOML: expected a comma (',') or array terminator (']'), but got end of file"}},
		{"extension", "skein.ini", "a=1", []string{"skein.ini: the name of a configuration file ends in .yaml, .yml, .json or .toml"}},
		{"empty", "skein.yaml", "", nil},
		{"comments", "skein.yaml", "# nothing\n", nil},
		{"empty", "skein.toml", "", nil},
		{"alias", "skein.yaml", "scratch_clients: &n 5\nscratch_rooms: *n\n", nil},
		{"all at once", "skein.yaml", "max_clients: 0\nlisten: [nowhere, \":99999\"]\nmax_messages: 1\ntls: maybe\n", []string{
			"skein.yaml:1: max_clients: 0 is no limit: a number above 0, or -1 for no limit",
			`skein.yaml:2: listen: "nowhere" is not an address such as 127.0.0.1:3000; ":99999" has no port from 0 to 65535`,
			`skein.yaml:3: max_messages: unknown key (did you mean "max_message"?)`,
			`skein.yaml:4: tls: "maybe" is not one of strict, both`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.file, func(t *testing.T) {
			r := loadWith(t, Serve, []string{"-c", file(t, tt.file, tt.body)}, nil)
			if diff := cmp.Diff(tt.want, problems(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	r := loadWith(t, Serve, nil, []string{"SKEIN_CONFIG=/nonexistent/skein.toml"})
	if diff := cmp.Diff([]string{"skein.toml: no such file or directory"}, problems(r)); diff != "" {
		t.Error(diff)
	}
}

func TestValidation(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  []string
		want []string
	}{
		{name: "zero clients", args: []string{"--max-clients", "0"}, want: []string{"--max-clients: 0 is no limit: a number above 0, or -1 for no limit"}},
		{name: "negative clients", args: []string{"--max-clients", "-2"}, want: []string{"--max-clients: -2 is no limit: a number above 0, or -1 for no limit"}},
		{name: "no number", env: []string{"SKEIN_MAX_CLIENTS=many"}, want: []string{`SKEIN_MAX_CLIENTS: "many" is not a whole number`}},
		{name: "covered by a flag", args: []string{"--max-clients", "5"}, env: []string{"SKEIN_MAX_CLIENTS=many"}, want: []string{`SKEIN_MAX_CLIENTS: "many" is not a whole number`}},
		{name: "tls alone", args: []string{"--tls", "strict"}, want: []string{"--tls: TLS needs a certificate: tls-cert and tls-key are missing"}},
		{name: "certificate alone", args: []string{"--tls-cert", "a.pem"}, want: []string{"--tls-cert: a certificate needs its private key: tls-key is missing"}},
		{name: "key alone", env: []string{"SKEIN_TLS_KEY=a.pem"}, want: []string{"SKEIN_TLS_KEY: a private key needs its certificate: tls-cert is missing"}},
		{name: "no such certificate", args: []string{"--tls-cert", "/nonexistent/a", "--tls-key", "/nonexistent/b"}, want: []string{"--tls-cert: open /nonexistent/a: no such file or directory"}},
		{name: "range", args: []string{"--real-ip-header", "X-A", "--trusted-proxies", "10.0.0.0/33"}, want: []string{`--trusted-proxies: "10.0.0.0/33" is neither an address nor a range such as 10.0.0.0/8`}},
		{name: "protocol", args: []string{"--protocols", "cl4,cl5"}, want: []string{`--protocols: "cl5" is not one of cl4, scratch (did you mean "cl4"?)`}},
		{name: "protocol twice", args: []string{"--protocols", "cl4,cl4"}, want: []string{"--protocols: cl4 is given twice"}},
		{name: "no protocol", args: []string{"--protocols="}, want: []string{"--protocols: no protocol"}},
		{name: "dialect", args: []string{"--scratch-dialect", "scratch"}, want: []string{`--scratch-dialect: "scratch" is not one of turbowarp, cloudlink`}},
		{name: "level", args: []string{"--log-level", "wran"}, want: []string{`--log-level: "wran" is not one of debug, info, warn, error, none (did you mean "warn"?)`}},
		{name: "size", args: []string{"--max-message", "1e6"}, want: []string{`--max-message: "1e6" is not a size such as 64KiB, 1MiB or 1048576`}},
		{name: "no size", args: []string{"--max-message", "0"}, want: []string{`--max-message: "0" is too small: at least 1`}},
		{name: "duration", args: []string{"--ping-interval", "20"}, want: []string{`--ping-interval: "20" is not a duration such as 20s, 5m or 1h30m`}},
		{name: "no duration", args: []string{"--handshake-timeout", "0"}, want: []string{`--handshake-timeout: "0" is too short: a time above 0`}},
		{name: "negative duration", args: []string{"--drain-timeout", "-5s"}, want: []string{`--drain-timeout: "-5s" is negative`}},
		{name: "boolean", args: []string{"--compression=maybe"}, want: []string{`--compression: "maybe" is neither true nor false`}},
		{name: "rate", args: []string{"--message-rate", "NaN"}, want: []string{`--message-rate: "NaN" is not a number`}},
		{name: "URL", args: []string{"--listen", "ws://127.0.0.1:3000/"}, want: []string{`--listen: "ws://127.0.0.1:3000/" is a URL: write the address alone, such as 127.0.0.1:3000`}},
		{name: "star", args: []string{"--listen", "*:3000"}, want: []string{`--listen: "*:3000" is not an address: 0.0.0.0:3000 means all of this machine`}},
		{name: "address twice", args: []string{"--listen", "3000,127.0.0.1:3000"}, want: []string{"--listen: 127.0.0.1:3000 is given twice"}},
		{name: "free ports", args: []string{"--listen", "0,0", "--admin", "0"}},
		{name: "admin on the same", args: []string{"--admin", "3000"}, want: []string{"--admin: 127.0.0.1:3000 is an address for clients already: admin needs one of its own"}},
		{name: "admin on a socket", args: []string{"--admin", "unix:/a"}},
		{name: "admin on a socket without a name", args: []string{"--admin", "unix:"}, want: []string{`--admin: "unix:" lacks the path of the socket`}},
		{name: "short admin token", args: []string{"--admin-token", "guess me"}, want: []string{"--admin-token: the token is too short: at least 16 characters"}},
		{name: "address of the administration", env: []string{"SKEIN_ADMIN_ADDR=127.0.0.1:6060"}},
		{name: "disabled command", args: []string{"--disabled-commands", "gvar,cl5:gvar"}, want: []string{`--disabled-commands: "gvar" is not a command such as cl4:gvar; "cl5:gvar": there is no protocol "cl5" (did you mean "cl4"?)`}},
		{name: "header", args: []string{"--real-ip-header", "X Y"}, want: []string{`--real-ip-header: "X Y" is not the name of a header such as X-Forwarded-For`}},
		{name: "port of the platform", env: []string{"PORT=http"}, want: []string{`PORT: "0.0.0.0:http" has no port from 0 to 65535`}},

		{name: "open admin", args: []string{"--admin", "0.0.0.0:6060"}, want: []string{"warning: --admin: 0.0.0.0:6060 is open to the network: everybody who can reach it can read metrics and profiles"}},
		{name: "every proxy", args: []string{"--real-ip-header", "X-A"}, want: []string{"warning: --real-ip-header: every client can claim any address with X-A: name the proxies in trusted-proxies"}},
		{name: "administrators anywhere", args: []string{"--real-ip-header", "X-A", "--cl4-admin"}, want: []string{
			"warning: --real-ip-header: every client can claim any address with X-A: name the proxies in trusted-proxies",
			"--cl4-admin: every client can claim an administrator's address with X-A: name the proxies in trusted-proxies",
		}},
		{name: "filter", args: []string{"--name-filter", "testdata/none.filter"}, want: []string{"--name-filter: name filter: stat testdata/none.filter: no such file or directory"}},
		{name: "proxies alone", args: []string{"--trusted-proxies", "::1"}, want: []string{"warning: --trusted-proxies: of no effect without real-ip-header"}},
		{name: "burst alone", args: []string{"--message-burst", "5"}, want: []string{"warning: --message-burst: of no effect without message-rate"}},
		{name: "motd off", args: []string{"--motd", "hi", "--enable-motd=false"}, want: []string{"warning: --motd: not sent, because enable-motd is false"}},
		{name: "unknown variable", env: []string{"SKEIN_MAX_CLIENT=5", "SKEIN_X=1"}, want: []string{
			`warning: SKEIN_MAX_CLIENT: unknown variable (did you mean "SKEIN_MAX_CLIENTS"?)`, "warning: SKEIN_X: unknown variable",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := loadWith(t, Serve, tt.args, tt.env)
			if diff := cmp.Diff(tt.want, problems(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownVariablesFailTheCheck(t *testing.T) {
	r := loadWith(t, Serve, nil, []string{"SKEIN_X=1"})
	if err := r.Problems.Err(); err != nil {
		t.Errorf("a server would not start: %v", err)
	}
	if r.Problems.Strict().Err() == nil {
		t.Error("the check does not mind")
	}
}

func TestUsage(t *testing.T) {
	if r := loadWith(t, Serve, []string{"--max-clients", "0"}, nil); !r.Problems.Usage() {
		t.Error("a bad flag is no usage error")
	}
	if r := loadWith(t, Serve, nil, []string{"SKEIN_MAX_CLIENTS=0"}); r.Problems.Usage() {
		t.Error("a bad variable is a usage error")
	}
}

// certificate writes a certificate that is good until then, and its key.
func certificate(t *testing.T, until time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: until, DNSNames: []string{"example.org"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, typ string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "EC PRIVATE KEY", keyDER)
}

func TestCertificates(t *testing.T) {
	cert, key := certificate(t, time.Now().Add(time.Hour))
	r := loadWith(t, Serve, []string{"--tls-cert", cert, "--tls-key", key}, nil)
	if len(r.Problems) > 0 {
		t.Error(problems(r))
	}
	if got := r.Lookup("tls").Text; got != "strict" {
		t.Errorf("tls = %q with a certificate", got)
	}
	_, other := certificate(t, time.Now().Add(time.Hour))
	if r := loadWith(t, Serve, []string{"--tls-cert", cert, "--tls-key", other}, nil); r.Problems.Err() == nil {
		t.Error("a key of another certificate is taken")
	}
	old, oldKey := certificate(t, time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC))
	r = loadWith(t, Serve, []string{"--tls-cert", old, "--tls-key", oldKey}, nil)
	if diff := cmp.Diff([]string{"warning: --tls-cert: the certificate has expired on 2020-01-02"}, problems(r)); diff != "" {
		t.Error(diff)
	}
}
