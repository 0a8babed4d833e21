// Package conformance replays recorded conversations against the server. See tests/README.md.
package conformance

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

const (
	vectors = "../vectors"
	// original is where the vectors come from, beside the tree on the machines of those who maintain them.
	original = "../../../shared/vectors"
)

// configurations maps the `config` of a scenario to flags of the server.
var configurations = map[string][]string{
	"default":       nil,
	"motd":          {"--motd", "Welcome to the test server!"},
	"motd-empty":    {"--enable-motd"},
	"nowarn":        {"--warn-multiple-usernames=false"},
	"realip":        {"--real-ip-header", "x-forwarded-for", "--trusted-proxies", "127.0.0.0/8,::1/128"},
	"full":          {"--max-clients", "2"},
	"disabled":      {"--disabled-commands", "cl4:gvar,cl4:ping"},
	"rename-delete": {"--scratch-rename", "--scratch-delete"},
}

// dialects maps the `dialect` of a scenario to flags of the server.
var dialects = map[string][]string{
	"cl4":               {"--scratch-dialect", "cloudlink"},
	"scratch-cloudlink": {"--scratch-dialect", "cloudlink"},
	"scratch-turbowarp": {"--scratch-dialect", "turbowarp", "--protocols", "scratch"},
}

func TestMain(m *testing.M) {
	// Replaying is waiting, most of the time: more servers side by side than cores.
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	harness.Main(m)
}

// TestVectors gives every configuration in every file a server of its own; scenarios of one server run one after
// the other, servers side by side.
func TestVectors(t *testing.T) {
	if os.Getenv("SKEIN_VECTORS_URL") != "" {
		t.Skip("SKEIN_VECTORS_URL is set: only TestRunningServer replays, on that server")
	}
	all, files, err := loadAll(vectors)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no vectors")
	}
	harness.Skein(t) // link it before the clock of any scenario runs
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		for _, group := range groups(all[path]) {
			t.Run(filepath.Base(filepath.Dir(path))+"/"+name+"/"+group[0].Config, func(t *testing.T) {
				t.Parallel()
				replay(t, group)
			})
		}
	}
}

// groups sorts scenarios by the server they need.
func groups(list []Scenario) [][]Scenario {
	var out [][]Scenario
next:
	for _, s := range list {
		for i, g := range out {
			if g[0].Config == s.Config && g[0].Dialect == s.Dialect {
				out[i] = append(g, s)
				continue next
			}
		}
		out = append(out, []Scenario{s})
	}
	return out
}

func replay(t *testing.T, list []Scenario) {
	config, ok := configurations[list[0].Config]
	if !ok {
		t.Fatalf("unknown configuration %q", list[0].Config)
	}
	dialect, ok := dialects[list[0].Dialect]
	if !ok {
		t.Fatalf("unknown dialect %q", list[0].Dialect)
	}
	server := harness.Start(t, slices.Concat([]string{"serve", "--listen", "127.0.0.1:0"}, dialect, config)...)
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			if err := (Replayer{URL: server.URL}).Play(s); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRunningServer replays on a server that runs already: SKEIN_VECTORS_URL is its URL, SKEIN_VECTORS_DIALECT what
// it speaks (cl4,scratch-cloudlink unless set), SKEIN_VECTORS_CONFIG how it is set up (default unless set), and
// SKEIN_VECTORS_SIDE=upstream makes it a reference server that has its known faults.
func TestRunningServer(t *testing.T) {
	url := os.Getenv("SKEIN_VECTORS_URL")
	if url == "" {
		t.Skip("SKEIN_VECTORS_URL is not set; TestVectors starts servers of its own")
	}
	all, files, err := loadAll(vectors)
	if err != nil {
		t.Fatal(err)
	}
	speaks := strings.Split(setting("SKEIN_VECTORS_DIALECT", "cl4,scratch-cloudlink"), ",")
	config := setting("SKEIN_VECTORS_CONFIG", "default")
	replayer := Replayer{URL: strings.TrimSuffix(url, "/") + "/", Side: os.Getenv("SKEIN_VECTORS_SIDE")}
	count := 0
	for _, path := range files {
		for _, s := range all[path] {
			if s.Config != config || !slices.Contains(speaks, s.Dialect) {
				continue
			}
			count++
			t.Run(s.Dialect+"/"+s.Name, func(t *testing.T) {
				if err := replayer.Play(s); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if count == 0 {
		t.Fatal("no scenario fits SKEIN_VECTORS_DIALECT and SKEIN_VECTORS_CONFIG")
	}
}

func setting(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// TestVectorsAreComplete keeps the copy from losing scenarios unnoticed.
func TestVectorsAreComplete(t *testing.T) {
	all, _, err := loadAll(vectors)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, list := range all {
		for _, s := range list {
			count[s.Dialect]++
		}
	}
	for dialect, least := range map[string]int{"cl4": 165, "scratch-cloudlink": 30, "scratch-turbowarp": 30} {
		if count[dialect] < least {
			t.Errorf("%d scenarios of %s, there were %d", count[dialect], dialect, least)
		}
	}
}

// TestVectorsAreTheOriginals compares the copy with its source where that is at hand.
func TestVectorsAreTheOriginals(t *testing.T) {
	if _, err := os.Stat(original); err != nil {
		t.Skip("the originals are not beside this tree")
	}
	paths := []string{"README.md"}
	for _, folder := range conversations {
		for _, root := range []string{original, vectors} {
			files, err := filepath.Glob(filepath.Join(root, folder, "*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s/%s: no files (%v)", root, folder, err)
			}
			for _, f := range files {
				if p := filepath.Join(folder, filepath.Base(f)); !slices.Contains(paths, p) {
					paths = append(paths, p)
				}
			}
		}
	}
	for _, p := range paths {
		want, err1 := os.ReadFile(filepath.Join(original, p))
		got, err2 := os.ReadFile(filepath.Join(vectors, p))
		if err1 != nil || err2 != nil || !bytes.Equal(want, got) {
			t.Errorf("%s differs from the original (%v, %v)", p, err1, err2)
		}
	}
}
