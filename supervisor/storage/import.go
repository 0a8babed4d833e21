package storage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/scratch"
)

// Bounds of an import.
const (
	importBatch    = 1_000 // variables in one transaction
	maxImportDepth = 512   // of a value
)

// Imported is what an import has brought.
type Imported struct {
	Rooms, Variables, Changes, Records int
}

// Import reads what Export has written. Variables that exist get the imported value and keep their place in the
// order; others come behind those that exist. It ends at the first line that it cannot read, and says which one; what
// stands before it is kept. A file that it is used on has to be opened with a History that is large enough.
func (f *File) Import(r io.Reader) (Imported, error) {
	in := NewImporter(f)
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	for n := 1; ; n++ {
		var l line
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return in.Done()
		}
		if err == nil {
			err = in.line(n, &l)
		}
		if err != nil {
			done, flushed := in.Done()
			return done, errors.Join(fmt.Errorf("line %d: %w", n, err), flushed)
		}
	}
}

// Importer puts variables into a file, many in one transaction.
type Importer struct {
	f      *File
	done   Imported
	writes []actors.RoomWrite
	count  int // of variables and changes in writes

	room   actors.StoredRoom
	orders map[string]uint64 // of the room's variables
	last   uint64
}

// NewImporter prepares an import. Done ends it.
func NewImporter(f *File) *Importer { return &Importer{f: f} }

func (in *Importer) line(n int, l *line) error {
	switch {
	case n == 1 && l.Skein != exportName:
		return errors.New("this is no export of skein data")
	case n == 1 && l.Format > exportFormat:
		return fmt.Errorf("the export has format %d, this version reads up to %d", l.Format, exportFormat)
	case l.Skein != "":
		return nil // also where exports were put together
	case l.Record != "":
		in.done.Records++
		return in.f.Put(l.Record, l.Key, l.Data)
	case l.Project == nil || l.Name == nil:
		return errors.New("it names no project and variable, nor a record")
	}
	space, err := ParseSpace(l.Dialect)
	if err != nil {
		return err
	}
	at, err := unstamp(l.Time)
	if err != nil {
		return err
	}
	room := actors.StoredRoom{Space: space, Name: *l.Project}
	if l.Change == "" {
		return in.Variable(room, *l.Name, l.Value, l.User, at)
	}
	for op, name := range operations {
		if name == l.Change {
			c := scratch.Change{Op: op, Name: *l.Name, NewName: l.NewName, Value: string(l.Value)}
			return in.change(room, actors.StoredChange{Change: c, User: l.User, Time: at})
		}
	}
	return fmt.Errorf("%q is no change", l.Change)
}

// Variable takes one variable, whose value is JSON but not null. A time of 0, in milliseconds since 1970, is now.
func (in *Importer) Variable(room actors.StoredRoom, name string, value []byte, user string, at int64) error {
	if err := codec.CheckJSON(value, maxImportDepth); err != nil {
		return fmt.Errorf("the value of %q: %w", name, err)
	}
	if codec.Raw(value).Kind() == codec.KindNull {
		return fmt.Errorf("the value of %q is null, which no variable can have", name)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, value); err != nil {
		return fmt.Errorf("the value of %q: %w", name, err)
	}
	w, err := in.write(room, at)
	if err != nil {
		return err
	}
	order, exists := in.orders[name]
	if !exists {
		in.last++
		order = in.last
		in.orders[name] = order
	}
	w.Variables = append(w.Variables, actors.StoredVariable{
		Saved: scratch.Saved{Variable: scratch.Variable{Name: name, Value: compact.String()}, Order: order},
		User:  user, Time: w.Time,
	})
	if at != 0 {
		w.Variables[len(w.Variables)-1].Time = at
	}
	in.done.Variables++
	return in.full()
}

func (in *Importer) change(room actors.StoredRoom, c actors.StoredChange) error {
	w, err := in.write(room, c.Time)
	if err != nil {
		return err
	}
	w.History = append(w.History, c)
	in.done.Changes++
	return in.full()
}

// write returns what is to be written of a room, to be added to.
func (in *Importer) write(room actors.StoredRoom, at int64) (*actors.RoomWrite, error) {
	if at == 0 {
		at = time.Now().UnixMilli()
	}
	if n := len(in.writes); n > 0 && in.writes[n-1].Room == room {
		w := &in.writes[n-1]
		w.Time = max(w.Time, at)
		return w, nil
	}
	if in.room != room || in.orders == nil {
		if err := in.flush(); err != nil { // so that what is read is complete
			return nil, err
		}
		l, err := in.f.Load(room)
		if err != nil && !errors.Is(err, actors.ErrStorageFull) {
			return nil, err
		}
		in.room, in.orders, in.last = room, make(map[string]uint64, len(l.Variables)), 0
		for _, v := range l.Variables {
			in.orders[v.Name] = v.Order
			in.last = max(in.last, v.Order)
		}
		in.done.Rooms++
	}
	in.writes = append(in.writes, actors.RoomWrite{Room: room, Time: at})
	return &in.writes[len(in.writes)-1], nil
}

func (in *Importer) full() error {
	if in.count++; in.count < importBatch {
		return nil
	}
	return in.flush()
}

func (in *Importer) flush() error {
	if len(in.writes) == 0 {
		return nil
	}
	refused, err := in.f.Commit(in.writes)
	for _, r := range refused {
		err = errors.Join(err, r.Err)
	}
	in.writes, in.count = nil, 0
	return err
}

// Done writes what is left and returns what there was.
func (in *Importer) Done() (Imported, error) { return in.done, in.flush() }

// ParseSpace reads what Space.String writes.
func ParseSpace(name string) (actors.Space, error) {
	for _, s := range []actors.Space{actors.SpaceTurboWarp, actors.SpaceCloudLink, actors.SpaceCL4} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%q is no dialect: turbowarp, cloudlink or cl4", name)
}
