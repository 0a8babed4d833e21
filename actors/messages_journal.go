package actors

import "github.com/asynkron/protoactor-go/actor"

// To the journal.
type (
	// loadRoom: room to journal. What is kept of the room is wanted, and the room may have changes from now on.
	loadRoom struct {
		room StoredRoom
		pid  *actor.PID
	}
	// roomRead: goroutine that reads to journal. What there was of a room.
	roomRead struct {
		room StoredRoom
		pid  *actor.PID
		data LoadedRoom
		err  error
	}
	// unloadRoom: room to journal. The room has left memory.
	unloadRoom struct {
		room StoredRoom
		pid  *actor.PID
	}
	// roomUnsaved: room to journal. It has changes to be collected; it says so once until it is asked.
	roomUnsaved struct{ pid *actor.PID }
	// collected: room to journal. Its changes; a room that stops sends them without having been asked.
	collected struct {
		pid   *actor.PID // nil: nobody waits for an answer
		write RoomWrite
		asked bool
	}
	// committed: goroutine that writes to journal. A transaction has ended.
	committed struct {
		refused []RoomError
		err     error
	}
	// flushDue: timer, or room with many changes, to journal. Write what there is.
	flushDue struct{ timer bool }
	// writeLate: timer to journal. A transaction takes so long that the disk counts as failing.
	writeLate struct{ number uint64 }
	// flushAll: anybody to journal. Write whatever there is in any room; the outcome is sent to reply, which has room.
	flushAll struct{ reply chan<- error }
	// expire: timer to journal. Look for rooms that nobody has touched for too long.
	expire struct{}
	// staleFound: goroutine that reads to journal. They are here.
	staleFound struct {
		before int64
		rooms  []StoredRoom
		err    error
	}
)

// From the journal to rooms.
type (
	// collect asks for the changes that are not on disk.
	collect struct{ j *journal }
	// saved tells what became of the changes that were collected.
	saved struct{ err error }
	// storageFails tells a room not to wait for the disk.
	storageFails struct{}
	// loaded is what was kept of the room.
	loaded struct {
		vars []StoredVariable
		err  error
	}
)

// undelivered answers for a room that has failed or stopped: it has nothing.
func (c *collect) undelivered() { c.j.post(&collected{asked: true}) }
