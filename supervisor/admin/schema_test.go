package admin

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// schema is as much of a JSON schema as the description of the API uses.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 string             `json:"type"`
	Format               string             `json:"format"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
	Items                *schema            `json:"items"`
	Enum                 []string           `json:"enum"`
	Nullable             bool               `json:"nullable"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
}

type content map[string]struct {
	Schema *schema `json:"schema"`
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string `json:"summary"`
	Scope       string `json:"x-scope"`
	Parameters  []struct {
		Name     string  `json:"name"`
		In       string  `json:"in"`
		Required bool    `json:"required"`
		Schema   *schema `json:"schema"`
	} `json:"parameters"`
	RequestBody *struct {
		Content content `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Ref     string  `json:"$ref"`
		Content content `json:"content"`
	} `json:"responses"`
}

// description is the OpenAPI description.
type description struct {
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas   map[string]*schema `json:"schemas"`
		Responses map[string]struct {
			Content content `json:"content"`
		} `json:"responses"`
	} `json:"components"`
}

func describe(t testing.TB) *description {
	t.Helper()
	d := new(description)
	if err := json.Unmarshal(openapi, d); err != nil {
		t.Fatal(err)
	}
	return d
}

// resolve follows a reference.
func (d *description) resolve(s *schema) *schema {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// check compares a value with a schema and returns what does not fit.
func (d *description) check(s *schema, v any, at string) (problems []string) {
	complain := func(format string, args ...any) {
		problems = append(problems, at+": "+fmt.Sprintf(format, args...))
	}
	if s = d.resolve(s); s == nil {
		complain("the description lacks a schema")
		return problems
	}
	if v == nil && s.Nullable {
		return nil
	}
	switch s.Type {
	case "":
		return nil // anything
	case "object":
		return d.checkObject(s, v, at)
	case "array":
		list, ok := v.([]any)
		if !ok {
			complain("%v is no array", v)
		}
		for i, item := range list {
			problems = append(problems, d.check(s.Items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case "string":
		text, ok := v.(string)
		switch {
		case !ok:
			complain("%v is no string", v)
		case s.Enum != nil && !slices.Contains(s.Enum, text):
			complain("%q is not one of %q", text, s.Enum)
		case s.Format == "date-time":
			if _, err := time.Parse(time.RFC3339, text); err != nil {
				complain("%v", err)
			}
		}
	case "integer", "number":
		n, ok := v.(float64)
		if !ok || s.Type == "integer" && n != math.Trunc(n) {
			complain("%v is of another type than %s", v, s.Type)
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			complain("%v is no boolean", v)
		}
	default:
		complain("the test does not know the type %q", s.Type)
	}
	return problems
}

func (d *description) checkObject(s *schema, v any, at string) (problems []string) {
	object, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s: %v is no object", at, v)}
	}
	for _, name := range s.Required {
		if _, there := object[name]; !there {
			problems = append(problems, at+"."+name+" is missing")
		}
	}
	var more *schema // of properties that are not named
	closed := string(s.AdditionalProperties) == "false"
	if !closed && s.AdditionalProperties != nil {
		more = new(schema)
		if err := json.Unmarshal(s.AdditionalProperties, more); err != nil {
			return []string{at + ": " + err.Error()}
		}
	}
	for name, value := range object {
		switch p := s.Properties[name]; {
		case p != nil:
			problems = append(problems, d.check(p, value, at+"."+name)...)
		case closed:
			problems = append(problems, at+"."+name+" is not in the description")
		case more != nil:
			problems = append(problems, d.check(more, value, at+"."+name)...)
		}
	}
	return problems
}

// TestSchemaCheckBites makes sure that wrong answers are found.
func TestSchemaCheckBites(t *testing.T) {
	d := describe(t)
	for text, wrong := range map[string]bool{
		`{"name":"a","value":1}`:            false,
		`{"name":"a"}`:                      true,
		`{"name":1,"value":1}`:              true,
		`{"name":"a","value":1,"more":1}`:   true,
		`[]`:                                true,
		`{"name":"a","value":{"deep":[1]}}`: false,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if problems := d.check(d.Components.Schemas["Variable"], v, "$"); (problems != nil) != wrong {
			t.Errorf("%s: %q", text, problems)
		}
	}
}

// TestDescription compares the description with what is served: every operation is handled, every handler is
// described, with its scope, its parameters and its body.
func TestDescription(t *testing.T) {
	d := describe(t)
	served := map[string]bool{}
	ids := map[string]string{}
	for _, e := range (&API{}).endpoints() {
		name := e.method + " " + e.path
		served[name] = true
		o := d.Paths[e.path][strings.ToLower(e.method)]
		if o == nil {
			t.Errorf("%s is not described", name)
			continue
		}
		if o.Scope != string(e.scope) {
			t.Errorf("%s is described with the scope %s, and needs %s", name, o.Scope, e.scope)
		}
		if other := ids[o.OperationID]; other != "" || o.OperationID == "" || o.Summary == "" {
			t.Errorf("%s has the operationId %q, as %s", name, o.OperationID, other)
		}
		ids[o.OperationID] = name
		if (o.RequestBody != nil) != (e.maxBody > 0) {
			t.Errorf("%s: body described: %v, read: %v", name, o.RequestBody != nil, e.maxBody > 0)
		}
		if _, ok := o.Responses[fmt.Sprint(e.status)]; !ok {
			t.Errorf("%s answers %d, which is not described", name, e.status)
		}
		var query, path []string
		for _, p := range o.Parameters {
			if p.In == "query" {
				query = append(query, p.Name)
			} else if path = append(path, p.Name); !strings.Contains(e.path, "{"+p.Name+"}") {
				t.Errorf("%s has no part %s", name, p.Name)
			}
		}
		if strings.Count(e.path, "{") != len(path) {
			t.Errorf("%s: parts %q are described", name, path)
		}
		want := slices.Sorted(slices.Values(e.query))
		if slices.Sort(query); !slices.Equal(query, want) {
			t.Errorf("%s: parameters %q are described, %q are read", name, query, want)
		}
	}
	for path, operations := range d.Paths {
		for method := range operations {
			if name := strings.ToUpper(method) + " " + path; !served[name] {
				t.Errorf("%s is described and not served", name)
			}
		}
	}
}
