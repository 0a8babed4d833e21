package actors

import (
	"fmt"
	"slices"

	"github.com/skeinhq/skein/protocol/scratch"
)

// DisableScratch makes a method of Scratch clients do nothing: set, create, rename or delete. It must be called
// before Start.
func (s *System) DisableScratch(method string) error {
	i := slices.Index(ScratchMethodNames[:], method)
	if i <= 0 { // without handshakes there would be no Scratch at all
		return fmt.Errorf("%w: %s", ErrCommandDoesNotExist, method)
	}
	s.scratchOff[i] = true
	return nil
}

// disabled tells whether a decision asks for a method that is switched off.
func (s *System) disabled(d scratch.Decision) bool {
	return d.Kind == scratch.Apply && s.scratchOff[d.Change.Op]
}
