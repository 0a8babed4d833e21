package main

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestFieldRows(t *testing.T) {
	rows, err := fieldRows(nil, "", json.RawMessage(`{"name":"a room","count":2,"empty":"","on":true,"tags":["a","b"],"none":[],
		"limits":{"clients":-1,"of":{"rooms":3}},"members":[{"id":"1","name":"ann"},{"id":"2","name":""}],"nothing":{}}`))
	want := `[[name a room] [count 2] [empty -] [on true] [tags a, b] [none -] [limits.clients -1] [limits.of.rooms 3] [members 1  ann] [members 2  -]]`
	if got := fmt.Sprint(rows); err != nil || got != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	for _, bad := range []string{``, `{"a"`, `{"a":}`, `{"a":{"b":[}}`} {
		if _, err := fieldRows(nil, "", json.RawMessage(bad)); err == nil {
			t.Errorf("no error of %q", bad)
		}
	}
}
