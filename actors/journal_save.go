package actors

import (
	"context"
	"fmt"
	"time"
)

// saveTimeout bounds the last write before the end.
const saveTimeout = 5 * time.Second

// emptyRoomTTL is how long a Scratch room without members stays in memory with its variables.
func (s *System) emptyRoomTTL() time.Duration {
	if s.journal != nil {
		return s.journal.cfg.RoomIdle
	}
	return s.rules.RoomTTL()
}

// Save writes whatever rooms hold that is not on disk, and returns when it is there or ctx is done.
func (s *System) Save(ctx context.Context) error {
	if s.journal == nil {
		return nil
	}
	reply := make(chan error, 1)
	s.journal.post(&flushAll{reply})
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%d variables are not written: %w", s.Journal.Pending.Load(), ctx.Err())
	}
}

// save is Save when the tree is about to stop, which is when the last changes would be lost.
func (s *System) save(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	if err := s.Save(ctx); err != nil {
		return fmt.Errorf("changes are lost, because they could not be written before the end: %w", err)
	}
	return nil
}
