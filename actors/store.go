package actors

import "github.com/skeinhq/skein/protocol/scratch"

// VariableStore keeps the variables of Scratch rooms beyond the life of their actors. Its methods are called by room
// actors and must not block.
type VariableStore interface {
	// Load fetches the variables of a room, in the order of their creation, and calls done from any goroutine.
	Load(room string, done func([]scratch.Variable, error))
	// Apply takes note of a change. Changes of one room come in order.
	Apply(room string, c scratch.Change)
}
