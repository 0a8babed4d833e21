package supervisor

import (
	"errors"
	"fmt"
	"time"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/admin"
	"github.com/skeinhq/skein/supervisor/storage"
)

// data is the file with everything that is kept. It is opened by Start, so that a server that never starts has
// touched nothing.
type data struct {
	*storage.File // nil before
}

// newData returns nil where nothing is kept.
func newData(o DataOptions) *data {
	if !o.enabled() {
		return nil
	}
	return &data{}
}

// storage is nil, not an interface that holds nil, without a file.
func (d *data) storage() actors.Storage {
	if d == nil {
		return nil
	}
	return d
}

// journal translates the settings.
func (o DataOptions) journal() actors.JournalConfig {
	o = o.withDefaults()
	c := actors.JournalConfig{
		FlushInterval: o.FlushInterval,
		Sync:          o.Durability == DurabilitySync,
		RoomIdle:      o.RoomIdle,
		Keep:          o.ScratchKeep,
		History:       o.ScratchHistory,
	}
	if o.KeepGvars {
		c.Gvars = o.GvarsPerRoom
	}
	return c
}

// openData opens the file if there is to be one.
func (s *Server) openData() error {
	o := s.options.Data.withDefaults()
	switch {
	case o.Durability != DurabilityInterval && o.Durability != DurabilitySync:
		return fmt.Errorf("durability: %q is neither %s nor %s", o.Durability, DurabilityInterval, DurabilitySync)
	case s.data == nil:
		s.records = storage.NewMemory()
		return nil
	}
	f, err := storage.Open(o.Dir, storage.Options{MaxBytes: max(o.MaxBytes, 0), History: o.ScratchHistory})
	if errors.Is(err, storage.ErrInUse) {
		return fmt.Errorf("%w; give this one a directory of its own with --data DIR, or --data none", err)
	}
	if err != nil {
		return err
	}
	s.data.File, s.records = f, f
	s.log.Info("data is kept", "file", f.Path(), "durability", o.Durability)
	return nil
}

// file is nil where nothing is kept.
func (s *Server) file() *storage.File {
	if s.data == nil {
		return nil
	}
	return s.data.File
}

// dataStats are the figures of the file.
func (s *Server) dataStats() admin.DataStats {
	return admin.DataStats{Journal: &s.Journal, Size: s.data.Size(), Used: s.data.Used()}
}

// closeTimeout bounds the wait for a write that is under way, on a disk that does not answer.
const closeTimeout = 5 * time.Second

// closeData lets go of the file.
func (s *Server) closeData() error {
	f := s.file()
	if f == nil {
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- f.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(closeTimeout):
		return fmt.Errorf("%s: a write has not ended", f.Path())
	}
}

// Records are what operators change: bans, users, tokens. They are there once the server has been started.
func (s *Server) Records() storage.Records { return s.records }
