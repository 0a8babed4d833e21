package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/skeinhq/skein/actors"
)

// ImportPrimitive reads the folder in which primitive-cloud-server keeps one ID.json for each project: an object with
// the value of each variable. Files and variables that cannot be read are passed over and returned in the end.
func (f *File) ImportPrimitive(dir fs.FS, space actors.Space) (Imported, error) {
	paths, err := fs.Glob(dir, "*.json")
	if err != nil {
		return Imported{}, err
	}
	if len(paths) == 0 {
		return Imported{}, errors.New("no ID.json is there")
	}
	in := NewImporter(f)
	var faults []error
	for _, path := range paths {
		if err := in.primitive(dir, path, space); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", path, err))
		}
	}
	done, err := in.Done()
	return done, errors.Join(append(faults, err)...)
}

func (in *Importer) primitive(dir fs.FS, path string, space actors.Space) error {
	file, err := dir.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	room := actors.StoredRoom{Space: space, Name: strings.TrimSuffix(path, ".json")}
	d := json.NewDecoder(file) // by tokens: the order of the variables counts
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("it is no JSON object"), err)
	}
	var faults []error
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return errors.Join(append(faults, err)...)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return errors.Join(append(faults, err)...)
		}
		if err := in.Variable(room, name.(string), value, "", info.ModTime().UnixMilli()); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
