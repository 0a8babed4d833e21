package pystrands

import (
	"os"
	"strings"
	"testing"
)

// The program in the README does what the example does.
func TestReadmeProgram(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, found := strings.Cut(string(readme), "c := pystrands.New(pystrands.Options{})")
	_, program, ok := strings.Cut(program, "\n\n")
	callbacks, _, ended := strings.Cut(program, "\n\n")
	if !found || !ok || !ended || !strings.Contains(string(example), "\n\n"+callbacks+"\n\n") {
		t.Errorf("the README has\n%s", callbacks)
	}
}
