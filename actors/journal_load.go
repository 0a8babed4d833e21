package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Times and sizes that are not worth a setting.
const (
	maxReads    = 4           // rooms that are read at a time
	expiryBatch = 1_000       // rooms that are dropped at a time
	minExpiry   = time.Second // between looks for rooms to drop
	maxExpiry   = time.Hour   // also how exactly it is known when a room was used last
)

// keptRoom is what the journal knows of a room in memory.
type keptRoom struct {
	pid     *actor.PID
	touched int64 // on disk, in milliseconds since 1970
}

// onLoad lets a goroutine read. A room that is just being dropped is read when that is over.
func (j *journal) onLoad(m *loadRoom) {
	if waiting, ok := j.forgetting[m.room]; ok {
		j.forgetting[m.room] = append(waiting, m)
		return
	}
	if j.loaded[m.room] == nil {
		j.count.Rooms.Add(1)
	}
	j.loaded[m.room] = &keptRoom{pid: m.pid}
	go func() {
		j.reading <- struct{}{}
		read := &roomRead{room: m.room, pid: m.pid}
		read.err = guarded(func() (err error) {
			read.data, err = j.storage.Load(m.room)
			return err
		})
		<-j.reading
		j.post(read)
	}()
}

// onRead hands on what was read, and has it noted on disk that the room was used.
func (j *journal) onRead(m *roomRead) {
	switch {
	case m.err == nil:
		j.count.Loads.Add(1)
	case errors.Is(m.err, ErrStorageFull):
		j.count.Refused.Add(1)
		if held, ok := j.full.allow(j.sys.now()); ok {
			j.sys.log.Error("a new room was refused", "room", m.room.Name, "err", m.err, "more", held)
		}
	default:
		j.count.LoadFailures.Add(1)
		if held, ok := j.unread.allow(j.sys.now()); ok {
			j.sys.log.Error("what is kept of a room could not be read; its clients are refused", "room", m.room.Name, "err", m.err, "more", held)
		}
	}
	if k := j.loaded[m.room]; k != nil {
		k.touched = m.data.Touched
		if m.data.Found {
			j.touch(m.room, k)
		}
	}
	j.sys.sendTo(m.pid, &loaded{vars: m.data.Variables, err: m.err})
}

// touch notes that a room was used, if that was not noted lately.
func (j *journal) touch(room StoredRoom, k *keptRoom) {
	now := j.sys.now().UnixMilli()
	if now-k.touched < j.expiryInterval().Milliseconds() {
		return
	}
	k.touched = now
	j.touches = append(j.touches, RoomWrite{Room: room, Time: now})
	j.flush()
}

func (j *journal) onUnload(m *unloadRoom) {
	k := j.loaded[m.room]
	if k == nil || !k.pid.Equal(m.pid) {
		return // it is in memory again
	}
	delete(j.loaded, m.room)
	j.count.Rooms.Add(-1)
	if k.touched > 0 {
		j.touch(m.room, k)
	}
}

// expiryInterval is how often the journal looks for rooms that nobody has touched for long.
func (j *journal) expiryInterval() time.Duration {
	if j.cfg.Keep <= 0 {
		return maxExpiry
	}
	return min(max(j.cfg.Keep/10, minExpiry), maxExpiry)
}

// armExpiry has the journal look for rooms that nobody has touched for long, soon and then again and again.
func (j *journal) armExpiry() {
	if j.cfg.Keep <= 0 {
		return
	}
	if j.expiry == nil {
		j.expiry = time.AfterFunc(min(j.expiryInterval(), time.Minute), func() { j.post(expire{}) })
		return
	}
	j.expiry.Reset(j.expiryInterval())
}

// onExpire lets a goroutine look.
func (j *journal) onExpire() {
	before := j.sys.now().Add(-j.cfg.Keep).UnixMilli()
	go func() {
		m := &staleFound{before: before}
		m.err = guarded(func() (err error) {
			m.rooms, err = j.storage.Stale(before, expiryBatch)
			return err
		})
		j.post(m)
	}()
}

// onStale has those dropped that are not in memory.
func (j *journal) onStale(m *staleFound) {
	if m.err != nil {
		j.sys.log.Error("the rooms that nobody has touched for long could not be found", "err", m.err)
	}
	dropped := 0
	for _, room := range m.rooms {
		if k := j.loaded[room]; k != nil {
			j.touch(room, k)
			continue
		}
		if _, already := j.forgetting[room]; already {
			continue
		}
		j.forgetting[room] = nil
		j.touches = append(j.touches, RoomWrite{Room: room, Time: m.before, Forget: true})
		dropped++
	}
	if dropped == expiryBatch {
		j.expiry.Reset(minExpiry) // there are more
	} else {
		j.armExpiry()
	}
	j.flush()
}

// forgotten loads those that were wanted while they were being dropped, whether that has worked or not.
func (j *journal) forgotten() {
	for _, w := range j.wrote {
		if !w.Forget {
			continue
		}
		waiting := j.forgetting[w.Room]
		delete(j.forgetting, w.Room)
		for _, m := range waiting {
			j.onLoad(m)
		}
	}
}
