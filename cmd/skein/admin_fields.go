package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// detail shows an object, one field per line.
func (c *adminCall) detail(path string) error {
	text, err := c.client.do(c.ctx, "GET", path, nil, nil)
	if err != nil {
		return err
	}
	if c.json {
		return writeIndented(c.out, text)
	}
	rows, err := fieldRows(nil, "", text)
	if err != nil {
		return fmt.Errorf("the answer is not understood: %w", err)
	}
	return c.table("", rows)
}

// fieldRows appends a row for each field of an object, in the order in which they come. Objects in it have their fields
// behind a dot, lists of objects a row for each.
func fieldRows(rows [][]string, prefix string, text json.RawMessage) ([][]string, error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		name := prefix + fmt.Sprint(key)
		if value[0] == '{' {
			if rows, err = fieldRows(rows, name+".", value); err != nil {
				return nil, err
			}
			continue
		}
		lines, err := valueLines(value)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			rows = append(rows, []string{name, line})
		}
	}
	return rows, nil
}

// valueLines writes a value that is no object: a list on one line, unless it is one of objects.
func valueLines(value json.RawMessage) ([]string, error) {
	if value[0] != '[' {
		return []string{plainValue(value)}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, err
	}
	var words, lines []string
	for _, v := range list {
		if v[0] != '{' {
			words = append(words, plainValue(v))
			continue
		}
		fields, err := fieldRows(nil, "", v)
		if err != nil {
			return nil, err
		}
		var line []string
		for _, f := range fields {
			line = append(line, f[1])
		}
		lines = append(lines, strings.Join(line, "  "))
	}
	if len(lines) == 0 {
		lines = []string{or(strings.Join(words, ", "), "-")}
	}
	return lines, nil
}

// plainValue writes a text without its quotes, and anything else as JSON.
func plainValue(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return or(text, "-")
	}
	return string(value)
}
