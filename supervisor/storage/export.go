package storage

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/protocol/scratch"
)

// line is a line of an export: a variable, a change of the history, or a record. The first line says what it is.
type line struct {
	Skein  string `json:"skein,omitempty"` // exportName
	Format int    `json:"format,omitempty"`

	Dialect string          `json:"dialect,omitempty"`
	Project *string         `json:"project,omitempty"`
	Name    *string         `json:"name,omitempty"`
	Value   json.RawMessage `json:"value,omitempty"`
	User    string          `json:"user,omitempty"`
	Time    string          `json:"time,omitempty"`
	// Change makes it an entry of the history.
	Change  string `json:"change,omitempty"`
	NewName string `json:"new_name,omitempty"`

	// Record is the kind of a record, of which Key and Data are the rest.
	Record string `json:"record,omitempty"`
	Key    string `json:"key,omitempty"`
	Data   []byte `json:"data,omitempty"`
}

const (
	exportName   = "data"
	exportFormat = 1
	timeFormat   = "2006-01-02T15:04:05.000Z07:00"
)

// operations are the names of changes in an export.
var operations = map[scratch.Op]string{
	scratch.OpSet: "set", scratch.OpCreate: "create", scratch.OpRename: "rename", scratch.OpDelete: "delete",
}

// ExportOptions say what of a file is wanted.
type ExportOptions struct {
	// Project is the name of the only room that is wanted, in whatever space. Nil means all rooms.
	Project *string
	// Records includes what operators have changed: bans, and passwords and tokens as hashes.
	Records bool
}

// Export writes what is kept as lines of JSON, which Import reads. It may be used while a server writes; each room is
// consistent by itself. What is damaged is passed over and returned in the end.
func (f *File) Export(w io.Writer, o ExportOptions) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	put := func(l line) error {
		b.Reset()
		if err := e.Encode(l); err != nil {
			return err
		}
		_, err := w.Write(b.Bytes())
		return err
	}
	if err := put(line{Skein: exportName, Format: exportFormat}); err != nil {
		return err
	}
	if o.Records {
		if err := f.exportRecords(put); err != nil {
			return err
		}
	}
	return f.walkRooms(func(tx *bolt.Tx, room Room, h *head) (func() error, error) {
		if o.Project != nil && room.Name != *o.Project {
			return func() error { return nil }, nil
		}
		vars, err := variables(tx, h)
		if err != nil {
			return nil, err
		}
		changes, err := history(tx, h)
		if err != nil {
			return nil, err
		}
		return func() error { return exportRoom(put, room.StoredRoom, vars, changes) }, nil
	})
}

func exportRoom(put func(line) error, room actors.StoredRoom, vars []actors.StoredVariable, changes []actors.StoredChange) error {
	l := line{Dialect: room.Space.String(), Project: &room.Name}
	for i := range vars {
		v := &vars[i]
		l.Name, l.Value, l.User, l.Time = &v.Name, json.RawMessage(v.Value), v.User, stamp(v.Time)
		if err := put(l); err != nil {
			return err
		}
	}
	for i := range changes {
		c := &changes[i]
		l.Name, l.Value, l.User, l.Time = &c.Name, json.RawMessage(c.Value), c.User, stamp(c.Time)
		l.Change, l.NewName = operations[c.Op], c.NewName
		if err := put(l); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) exportRecords(put func(line) error) error {
	var lines []line
	err := f.view(func(tx *bolt.Tx) error {
		records := tx.Bucket(bucketRecords)
		return records.ForEachBucket(func(kind []byte) error {
			return records.Bucket(kind).ForEach(func(key, stored []byte) error {
				value, err := unseal(kind, key, stored)
				lines = append(lines, line{Record: string(kind), Key: string(key), Data: bytes.Clone(value)})
				return err
			})
		})
	})
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := put(l); err != nil {
			return err
		}
	}
	return nil
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(timeFormat) }

// unstamp returns 0 for no time.
func unstamp(text string) (int64, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UnixMilli(), err
}
