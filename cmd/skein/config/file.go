package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// fileEntry is one key of a configuration file.
type fileEntry struct {
	key   string
	line  int
	texts []string
	list  bool
	wrong string // why its value cannot be read
}

// readFile reads a configuration file.
func readFile(settings []Setting, path string) (found, Problems) {
	broken := func(line int, message string) (found, Problems) {
		return nil, Problems{{Origin: Origin{Layer: LayerFile, File: path, Line: line}, Message: message}}
	}
	var parse func([]byte) ([]fileEntry, int, error)
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".yaml", ".yml", ".json": // JSON is YAML
		parse = parseYAML
	case ".toml":
		parse = parseTOML
	default:
		return broken(0, "the name of a configuration file ends in .yaml, .yml, .json or .toml")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return broken(0, reason(err))
	}
	entries, line, err := parse(data)
	if err != nil {
		return broken(line, err.Error())
	}
	return assign(settings, path, entries)
}

// assign finds the setting of each key.
func assign(settings []Setting, path string, entries []fileEntry) (found, Problems) {
	out := found{}
	var problems Problems
	lines := map[string]int{}
	for _, e := range entries {
		origin := Origin{Layer: LayerFile, File: path, Line: e.line, Key: e.key}
		s, fromFile := byKey(settings, e.key)
		first, twice := lines[e.key]
		switch {
		case s == nil:
			problems = append(problems, Problem{Origin: origin, Message: "unknown key" + suggestKey(settings, e)})
			continue
		case twice:
			problems = append(problems, Problem{Origin: origin, Message: fmt.Sprintf("given twice, first in line %d", first)})
			continue
		}
		lines[e.key] = e.line
		if other, twice := out[s.Name]; twice {
			problems = append(problems, Problem{Origin: origin, Message: "given although " + other.origin.Key + " is"})
			continue
		}
		texts := e.texts
		if s.List() && !e.list {
			texts = nil
			for _, t := range e.texts {
				texts = append(texts, splitList(t)...)
			}
		}
		wrong := e.wrong
		if e.list && !s.List() {
			wrong = "one value is wanted, not a list"
		}
		if fromFile && wrong == "" {
			texts, wrong = readSecret(texts[0])
		}
		out[s.Name] = entry{origin: origin, texts: texts, wrong: wrong}
	}
	return out, problems
}

// byKey returns the setting of a key, and whether the key names a file with it.
func byKey(settings []Setting, key string) (s *Setting, fromFile bool) {
	for i := range settings {
		s := &settings[i]
		switch k := s.Key(); {
		case k == "":
		case k == key:
			return s, false
		case s.Secret && k+strings.ToLower(suffixFile) == key:
			return s, true
		}
	}
	return nil, false
}

// suggestKey also knows those who group settings as other programs do.
func suggestKey(settings []Setting, e fileEntry) string {
	if len(e.texts) == 0 {
		for _, k := range keys(settings) {
			if strings.HasPrefix(k, e.key+"_") {
				return " (settings are not grouped: " + k + " stands on the top level)"
			}
		}
	}
	return DidYouMean(e.key, keys(settings))
}

func keys(settings []Setting) (out []string) {
	for i := range settings {
		if k := settings[i].Key(); k != "" {
			out = append(out, k)
		}
	}
	return out
}

// reason is the cause of an error of the file system without the path, which the caller names.
func reason(err error) string {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err.Error()
	}
	return err.Error()
}
