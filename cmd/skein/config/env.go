package config

import (
	"os"
	"slices"
	"strings"
)

// prefixServe is how the variables of the server start.
const prefixServe = "SKEIN_"

// suffixFile marks a variable that names the file with a secret.
const suffixFile = "_FILE"

// readEnv reads the environment. A variable that is empty counts as not set, because that is what container set-ups
// make of variables that are not set.
func readEnv(t Table, environ []string) (found, Problems) {
	out := found{}
	var problems Problems
	for _, line := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, t.Prefix) || value == "" {
			continue
		}
		origin := Origin{Layer: LayerEnv, Key: name}
		s, fromFile := byEnv(t.Settings, name)
		if s == nil && t.Prefix == prefixServe && name == EnvAdminAddr {
			continue
		}
		if s == nil {
			problems = append(problems, Problem{
				Origin: origin, Message: "unknown variable" + suggestEnv(t, name),
				Warning: true, Unknown: true,
			})
			continue
		}
		if other, twice := out[s.Name]; twice {
			problems = append(problems, Problem{Origin: origin, Message: "given although " + other.origin.Key + " is"})
			continue
		}
		e := entry{origin: origin, texts: []string{value}}
		if fromFile {
			e.texts, e.wrong = readSecret(value)
		}
		if s.List() {
			e.texts = splitList(value)
		}
		out[s.Name] = e
	}
	return out, problems
}

// EnvAdminAddr is the variable that tells skein admin where the server is. It is no setting of the server, whose
// environment may have it all the same.
const EnvAdminAddr = "SKEIN_ADMIN_ADDR"

// readSecret reads a value from a file of its own, without the line feed that editors leave.
func readSecret(path string) (texts []string, wrong string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, path + ": " + reason(err)
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return nil, path + ": the file is empty"
	}
	return []string{secret}, ""
}

// byEnv returns the setting of a variable, and whether the variable names a file.
func byEnv(settings []Setting, name string) (s *Setting, fromFile bool) {
	for i := range settings {
		s := &settings[i]
		switch {
		case s.Env() == name:
			return s, false
		case s.Secret && s.Env()+suffixFile == name:
			return s, true
		}
	}
	return nil, false
}

// suggestEnv compares the names without what they all start with, by which they would all be alike.
func suggestEnv(t Table, name string) string {
	var rest []string
	for i := range t.Settings {
		rest = append(rest, strings.TrimPrefix(t.Settings[i].Env(), t.Prefix))
	}
	if near := closest(strings.TrimPrefix(name, t.Prefix), rest); near != "" {
		return ` (did you mean "` + t.Prefix + near + `"?)`
	}
	return ""
}

// readPort reads PORT, by which hosting platforms tell a program where to listen. It stands for all addresses, as
// those platforms expect, and counts only when nothing else says where to listen.
func readPort(environ []string) found {
	for _, line := range environ {
		if port, ok := strings.CutPrefix(line, "PORT="); ok && port != "" {
			return found{"listen": {origin: Origin{Layer: LayerPort, Key: "PORT"}, texts: []string{"0.0.0.0:" + port}}}
		}
	}
	return nil
}
