package config

import (
	stdbytes "bytes"
	"errors"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// yamlLine finds the line in an error of the YAML library, which has it in its text only.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// parseYAML takes a YAML document apart. On an error it returns the line too.
func parseYAML(data []byte) ([]fileEntry, int, error) {
	decoder := yaml.NewDecoder(stdbytes.NewReader(data))
	var doc, more yaml.Node
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, 0, nil // empty, or comments only
	}
	if err != nil {
		return nil, yamlErrorLine(err), yamlError(err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, more.Line, errors.New("one YAML document is wanted, not several")
	}
	if len(doc.Content) == 0 {
		return nil, 0, nil
	}
	root := resolve(doc.Content[0])
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, 0, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, root.Line, errors.New("keys and values are wanted, such as max_clients: 100")
	}
	entries := make([]fileEntry, 0, len(root.Content)/2)
	for i := 0; i+1 < len(root.Content); i += 2 {
		e := fileEntry{key: root.Content[i].Value, line: root.Content[i].Line}
		yamlValue(&e, resolve(root.Content[i+1]))
		entries = append(entries, e)
	}
	return entries, 0, nil
}

func yamlValue(e *fileEntry, n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			e.wrong = "no value"
			return
		}
		e.texts = []string{n.Value}
	case yaml.SequenceNode:
		e.list = true
		for _, item := range n.Content {
			item = resolve(item)
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				e.wrong = "a list of single values is wanted"
				return
			}
			e.texts = append(e.texts, item.Value)
		}
	default:
		e.wrong = "a value is wanted, not keys of its own"
	}
}

// resolve follows an alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func yamlErrorLine(err error) int {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return line
	}
	return 0
}

func yamlError(err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return errors.New("not valid YAML: " + m[2])
	}
	return err
}
