package supervisor

import "time"

// Defaults of DataOptions. A zero field takes the default of its name.
const (
	DefaultFlushInterval = 200 * time.Millisecond
	DefaultDataMax       = 1 << 30
	DefaultRoomIdle      = 10 * time.Minute
	DefaultGvarsPerRoom  = 128
)

// DataNone as a directory keeps everything in memory.
const DataNone = "none"

// When a change of a variable is on disk.
const (
	DurabilityInterval = "interval" // at the latest DataOptions.FlushInterval after it was shown
	DurabilitySync     = "sync"     // before it is shown to anybody
)

// DataOptions say what outlives the process. The zero value keeps everything in memory.
type DataOptions struct {
	// Dir is the directory of the file with everything that is kept. Empty and DataNone mean that there is none.
	Dir string
	// Durability is DurabilityInterval or DurabilitySync. Empty means DurabilityInterval.
	Durability string
	// FlushInterval is how old a change may be when it is on disk. Zero value means DefaultFlushInterval.
	FlushInterval time.Duration
	// MaxBytes is from how many bytes on no new projects are kept; their clients are closed with 4003. Zero value means
	// DefaultDataMax, Unlimited no limit.
	MaxBytes int64
	// RoomIdle is how long a room without clients stays in memory. Zero value means DefaultRoomIdle.
	RoomIdle time.Duration

	// ScratchKeep is after how long without use a project, or what is kept of a CL4 room, is removed. Zero value means
	// never.
	ScratchKeep time.Duration
	// ScratchHistory is how many of the latest changes of a project are kept beside its variables.
	ScratchHistory int
	// KeepGvars keeps the values of CL4's gvar, GvarsPerRoom of each room; of more only the first ones are. Zero
	// GvarsPerRoom means DefaultGvarsPerRoom.
	KeepGvars    bool
	GvarsPerRoom int
}

// enabled tells whether anything is kept on disk.
func (o DataOptions) enabled() bool { return o.Dir != "" && o.Dir != DataNone }

func (o DataOptions) withDefaults() DataOptions {
	if o.Durability == "" {
		o.Durability = DurabilityInterval
	}
	if o.FlushInterval <= 0 {
		o.FlushInterval = DefaultFlushInterval
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultDataMax
	}
	if o.RoomIdle <= 0 {
		o.RoomIdle = DefaultRoomIdle
	}
	if o.GvarsPerRoom <= 0 {
		o.GvarsPerRoom = DefaultGvarsPerRoom
	}
	return o
}
