// Package tests checks the tree as a whole: who imports whom, and what the README says.
package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/skeinhq/skein/tests/harness"
)

const module = "github.com/skeinhq/skein"

// A goPackage is what `go list` says of a package.
type goPackage struct {
	ImportPath, Name string
	Imports, Deps    []string
}

// folder is the package's place in the tree, such as "codec/cl4".
func (p goPackage) folder() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// A rule says what the packages below a folder may import. The picture is: cmd → supervisor → actors → protocol →
// codec, and supervisor → supervisor/transport → codec.
type rule struct {
	below string
	// project lists the folders of the project that may be reached, directly or not.
	project []string
	// never lists packages, with everything below them, that may not be imported directly.
	never []string
	// unreachable lists those that may not be reached at all.
	unreachable []string
}

const protoactor = "github.com/asynkron/protoactor-go"

var rules = []rule{
	{below: "codec", project: []string{"codec"}, never: []string{"net", "net/http", protoactor}},
	{below: "protocol", project: []string{"protocol", "codec"}, never: []string{"net", "net/http", protoactor}},
	{
		below: "actors", project: []string{"actors", "protocol", "codec"},
		never: []string{"net", "net/http", "encoding/json", "os", "flag"},
	},
	{below: "supervisor/transport", project: []string{"supervisor/transport", "codec"}, unreachable: []string{protoactor}},
	{below: "supervisor", project: []string{"supervisor", "actors", "protocol", "codec"}},
}

// onlyCmd are the libraries of the command line and of configuration files.
var onlyCmd = []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/knadh/koanf"}

// nobody may reach these: several nodes are to be had by other means.
var nobody = []string{protoactor + "/remote", protoactor + "/cluster"}

// vague names tell nothing about what is inside.
var vague = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base"}

func TestImportDirections(t *testing.T) {
	packages := listPackages(t)
	for _, problem := range checkImports(packages) {
		t.Error(problem)
	}
	for _, r := range rules {
		if !slices.ContainsFunc(packages, func(p goPackage) bool { return below(p.folder(), r.below) }) {
			t.Errorf("the rule for %s looks at nothing", r.below)
		}
	}
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Imports,Deps", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// checkImports returns one sentence per broken rule.
func checkImports(packages []goPackage) []string {
	var problems []string
	for _, p := range packages {
		complain := func(imported, why string) {
			problems = append(problems, p.folder()+" imports "+imported+": "+why)
		}
		for _, r := range rules {
			if !below(p.folder(), r.below) {
				continue
			}
			for _, d := range p.Deps {
				if belowAny(d, r.unreachable) {
					complain(d, r.below+" may not, directly or not")
				}
				if inside, ok := strings.CutPrefix(d, module+"/"); ok && !belowAny(inside, r.project) {
					complain(d, r.below+" may know only "+strings.Join(r.project, ", "))
				}
			}
			for _, d := range p.Imports {
				if d == "net/netip" {
					continue
				}
				if slices.Contains(r.never, d) || belowAny(d, slices.DeleteFunc(slices.Clone(r.never), func(n string) bool { return n == "net" })) {
					complain(d, r.below+" may not")
				}
			}
		}
		for _, d := range p.Imports {
			if belowAny(d, onlyCmd) && !belowAny(p.folder(), []string{"cmd", "tests"}) {
				complain(d, "only cmd may")
			}
		}
		for _, d := range p.Deps {
			if belowAny(d, nobody) {
				complain(d, "nobody may, directly or not")
			}
		}
		if slices.Contains(vague, p.Name) || slices.Contains(vague, path.Base(p.ImportPath)) {
			problems = append(problems, p.folder()+": the name tells nothing about what is inside")
		}
	}
	return problems
}

func below(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

func belowAny(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return below(name, f) })
}

// TestImportRulesBite breaks every rule once.
func TestImportRulesBite(t *testing.T) {
	pkg := func(folder string, imports ...string) goPackage {
		return goPackage{ImportPath: module + "/" + folder, Name: path.Base(folder), Imports: imports, Deps: imports}
	}
	for _, p := range []goPackage{
		pkg("codec", module+"/protocol"),
		pkg("codec/cl4", "net/http"),
		pkg("protocol/cl4", module+"/actors"),
		pkg("protocol", protoactor+"/actor"),
		pkg("actors", "net"),
		pkg("actors", "net/http"),
		pkg("actors", "encoding/json"),
		pkg("actors", "os"),
		pkg("actors", "os/signal"),
		pkg("actors", "flag"),
		pkg("actors/deep", module+"/supervisor/transport"),
		pkg("supervisor/transport", module+"/actors"),
		pkg("supervisor/transport", module+"/protocol"),
		pkg("supervisor/transport", protoactor+"/actor"),
		pkg("supervisor", module+"/cmd/skein/config"),
		pkg("supervisor", "github.com/spf13/pflag"),
		pkg("supervisor", "github.com/knadh/koanf/v2"),
		pkg("supervisor", protoactor+"/remote"),
		pkg("cmd/skein", protoactor+"/cluster"),
		pkg("codec/util"),
		pkg("common"),
	} {
		if len(checkImports([]goPackage{p})) == 0 {
			t.Errorf("%s may import %v", p.folder(), p.Imports)
		}
	}
	for _, p := range []goPackage{
		pkg("codec", "encoding/json"), pkg("protocol/cl4", module+"/codec/cl4"), pkg("actors", "net/netip", protoactor+"/actor", module+"/protocol"),
		pkg("supervisor", module+"/actors", module+"/supervisor/transport"), pkg("cmd/skein", "github.com/spf13/cobra"),
		pkg("supervisor/transport", "net", module+"/codec"),
	} {
		if problems := checkImports([]goPackage{p}); len(problems) != 0 {
			t.Errorf("%s", problems)
		}
	}
}
