package actors

import (
	"errors"

	"github.com/skeinhq/skein/protocol/scratch"
)

// Space separates what is kept of rooms that may have one name: the dialects of Scratch, and CL4.
type Space byte

// The spaces. Their values are part of the file.
const (
	SpaceTurboWarp Space = 't'
	SpaceCloudLink Space = 'c'
	SpaceCL4       Space = 'g' // values of gvar
)

// String is the name of a space in files and tables.
func (s Space) String() string {
	switch s {
	case SpaceTurboWarp:
		return "turbowarp"
	case SpaceCloudLink:
		return "cloudlink"
	case SpaceCL4:
		return "cl4"
	}
	return "unknown"
}

// StoredRoom names a room whose variables are kept: a project of Scratch, or a CL4 room.
type StoredRoom struct {
	Space Space
	Name  string
}

// StoredVariable is a variable as it is kept. Of a CL4 room it is a value of gvar; then its name is JSON text.
type StoredVariable struct {
	scratch.Saved
	// User set it, at that time in milliseconds since 1970.
	User string
	Time int64
	// Deleted says that it is to be forgotten. Of the other fields only the name counts.
	Deleted bool
}

// StoredChange is an entry of a room's history.
type StoredChange struct {
	scratch.Change
	User string
	Time int64 // milliseconds since 1970
}

// RoomWrite is what is to be kept of one room: the variables that have changed, as they are now.
type RoomWrite struct {
	Room      StoredRoom
	Variables []StoredVariable
	// History are the latest changes, oldest first; of them and the older ones the storage keeps as many as it is set to.
	History []StoredChange
	// Time is when it was touched, in milliseconds since 1970. Without variables and history nothing else is written,
	// and nothing at all of a room that is unknown.
	Time int64
	// Only, unless it is nil, are the names of all variables that the room has: others that are kept are forgotten.
	Only []string
	// Forget drops everything of the room instead, if it was touched last before Time.
	Forget bool
}

// LoadedRoom is what was kept of a room.
type LoadedRoom struct {
	// Found says that there was anything.
	Found bool
	// Variables are in the order of their creation.
	Variables []StoredVariable
	// Touched is when the room was last written or used, in milliseconds since 1970.
	Touched int64
}

// ErrStorageFull refuses a room that is not kept yet, because there is no space for another one.
var ErrStorageFull = errors.New("the space for data is used up")

// RoomError says why one room of several could not be written, and will not be by trying again.
type RoomError struct {
	Room StoredRoom
	Err  error
}

// Storage is where the journal keeps variables: a file. Its methods may take their time and are called from any
// goroutine; Commit by one at a time.
type Storage interface {
	// Load returns what is kept of a room. It fails with ErrStorageFull for a room that could not be kept.
	Load(StoredRoom) (LoadedRoom, error)
	// Commit writes all rooms or none, but for those that it returns. They are on disk when it returns.
	Commit([]RoomWrite) ([]RoomError, error)
	// Stale returns up to limit rooms that were touched last before a time, in milliseconds since 1970.
	Stale(before int64, limit int) ([]StoredRoom, error)
}
