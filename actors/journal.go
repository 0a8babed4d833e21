package actors

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Times and sizes that are not worth a setting.
const (
	flushChanges  = 1_000           // changed variables from which on nobody waits for the interval
	maxCollected  = 256             // rooms in one transaction
	retryInterval = time.Second     // between attempts to write while the disk fails
	latestWrite   = 5 * time.Second // a transaction that takes longer counts as failing
)

// JournalConfig says how what rooms hold gets onto the disk.
type JournalConfig struct {
	// FlushInterval is how old a change may be when it is on disk.
	FlushInterval time.Duration
	// Sync shows a change to nobody before it is on disk. FlushInterval does not count then.
	Sync bool
	// RoomIdle is how long a room without members stays in memory.
	RoomIdle time.Duration
	// Keep is after how long without use a room is forgotten. Zero: never.
	Keep time.Duration
	// History is how many of the latest changes of a room are kept beside its variables.
	History int
	// Gvars keeps that many values of gvar for each CL4 room. Zero: none.
	Gvars int
}

// journal is the state of the actor that writes. It outlives the actor, which can fail and be restarted.
//
// Changes wait in their rooms: a room remembers which of its variables are not on disk and says once that there are
// any; when it is time, it is asked for their values. So nothing is kept twice, the newest value of each variable is
// the one that is written, and what waits while the disk fails is bounded by what rooms may hold. A room with
// changes that are not on disk does not leave memory, so that what is on disk is complete whenever one is loaded.
//
// Reading and writing are done by goroutines: neither rooms nor the journal ever wait for the disk.
type journal struct {
	sys     *System
	storage Storage
	cfg     JournalConfig
	count   *JournalCounters
	mb      *mailbox

	loaded     map[StoredRoom]*keptRoom   // in memory
	forgetting map[StoredRoom][]*loadRoom // being dropped, with who wants to load them
	reading    chan struct{}              // has room for as many as may read at a time

	unsaved  []*actor.PID // rooms that have said that they have changes
	timer    *time.Timer
	timerSet bool
	due      bool // do not wait for the timer

	asked   int // rooms that have not answered collect
	batch   []*collected
	touches []RoomWrite
	writing []*collected // what the running transaction holds
	wrote   []RoomWrite
	number  uint64 // of the running transaction
	running bool
	began   time.Time
	took    time.Duration

	waiting   []chan<- error // of flushAll
	lastErr   error
	complaint logLimit // of failed writes
	unread    logLimit // of failed reads
	full      logLimit
	expiry    *time.Timer
}

func newJournal(sys *System, storage Storage, cfg JournalConfig) *journal {
	return &journal{
		sys: sys, storage: storage, cfg: cfg, count: &sys.Journal, mb: newMailbox(&sys.Counters),
		loaded:     make(map[StoredRoom]*keptRoom),
		forgetting: make(map[StoredRoom][]*loadRoom),
		reading:    make(chan struct{}, maxReads),
	}
}

// post puts a message into the journal's mailbox.
func (j *journal) post(msg any) { j.mb.PostUserMessage(msg) }

// journalFailed is logged when the journal has panicked.
const journalFailed = "the journal failed and is restarted"

// journalActor is the actor of the journal.
type journalActor struct{ *journal }

// Receive implements actor.Actor.
func (j journalActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer j.sys.failing(&j.sys.Counters.JournalPanics, journalFailed, "journal", msg)
	switch m := msg.(type) {
	case *roomUnsaved:
		j.onUnsaved(m.pid)
	case *collected:
		j.onCollected(m)
	case *committed:
		j.onCommitted(m)
	case flushDue:
		if m.timer {
			j.timerSet = false
		}
		j.due = true
		j.flush()
	case *flushAll:
		j.onFlushAll(m)
	case writeLate:
		if j.running && m.number == j.number {
			j.fail(fmt.Errorf("a write has not ended after %v", latestWrite))
		}
	case *loadRoom:
		j.onLoad(m)
	case *roomRead:
		j.onRead(m)
	case *unloadRoom:
		j.onUnload(m)
	case expire:
		j.onExpire()
	case *staleFound:
		j.onStale(m)
	case *actor.Started:
		j.armExpiry()
	case *actor.Stopped:
		j.mb.kill()
		j.stopTimers()
	case *crash:
		panic("injected panic")
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		j.sys.Counters.UnknownMessages.Add(1)
	}
}

// onUnsaved takes note of a room with changes.
func (j *journal) onUnsaved(pid *actor.PID) {
	j.unsaved = append(j.unsaved, pid)
	if j.failing() {
		j.sys.sendTo(pid, storageFails{})
	}
	if j.cfg.Sync && !j.failing() {
		j.due = true
	}
	j.flush()
}

// flush begins a transaction if it is time for one, and sees to it that it will be.
func (j *journal) flush() {
	if j.running || j.asked > 0 {
		if !j.due && len(j.unsaved) > 0 {
			j.arm()
		}
		return // what follows comes when that has ended
	}
	if len(j.unsaved) == 0 && len(j.batch) == 0 && len(j.touches) == 0 {
		j.due = false
		j.conclude()
		return
	}
	if !j.due {
		j.arm()
		return
	}
	j.collect()
}

// arm sets the timer such that the oldest change is on disk when it is as old as a change may be.
func (j *journal) arm() {
	if j.timerSet {
		return
	}
	d := max(j.cfg.FlushInterval-j.took, j.cfg.FlushInterval/2)
	if j.failing() {
		d = max(j.cfg.FlushInterval, retryInterval)
	}
	j.timerSet = true
	if j.timer == nil {
		j.timer = time.AfterFunc(d, func() { j.post(flushDue{timer: true}) })
		return
	}
	j.timer.Reset(d)
}

// collect asks the rooms that have waited longest.
func (j *journal) collect() {
	if j.timerSet {
		j.timer.Stop()
		j.timerSet = false
	}
	n := min(len(j.unsaved), maxCollected)
	j.asked = n
	for _, pid := range j.unsaved[:n] {
		j.sys.sendTo(pid, &collect{j})
	}
	j.unsaved = j.unsaved[n:]
	if len(j.unsaved) == 0 {
		j.unsaved, j.due = nil, false
	}
	j.write()
}

func (j *journal) onCollected(c *collected) {
	if c.asked {
		j.asked--
	}
	if c.pid != nil || !c.write.empty() {
		j.batch = append(j.batch, c)
	}
	if !c.asked && j.asked == 0 && !j.running {
		j.due = true
		j.flush()
		return
	}
	j.write()
}

// write begins a transaction when all rooms have answered.
func (j *journal) write() {
	if j.asked > 0 || j.running {
		return
	}
	j.writing, j.batch = j.batch, nil
	j.wrote, j.touches = j.touches, nil
	for _, c := range j.writing {
		if !c.write.empty() {
			j.wrote = append(j.wrote, c.write)
		}
	}
	j.running = true
	j.began = time.Now()
	j.number++
	if len(j.wrote) == 0 {
		j.onCommitted(&committed{})
		return
	}
	number, writes := j.number, j.wrote
	late := time.AfterFunc(latestWrite, func() { j.post(writeLate{number}) })
	go func() {
		m := &committed{}
		m.err = guarded(func() (err error) {
			m.refused, err = j.storage.Commit(writes)
			return err
		})
		late.Stop()
		j.post(m)
	}()
}

// guarded turns a panic of the storage into an error: nobody supervises the goroutines that it is used by.
func guarded(f func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the storage has failed: %v\n%s", reason, debug.Stack())
		}
	}()
	return f()
}

// onCommitted lets the rooms know, and goes on with what has waited.
func (j *journal) onCommitted(m *committed) {
	if len(j.wrote) > 0 {
		j.account(m)
	}
	for _, c := range j.writing {
		switch {
		case c.pid != nil:
			j.sys.sendTo(c.pid, &saved{m.err})
		case m.err != nil: // nobody has it any more but we
			j.batch = append(j.batch, c)
		}
	}
	j.forgotten()
	j.writing, j.wrote, j.running = nil, nil, false
	if m.err != nil {
		j.due = false
		j.conclude()
	}
	j.flush()
}

// account counts what came of a transaction, and makes known when the disk begins and ends to fail.
func (j *journal) account(m *committed) {
	if m.err != nil {
		j.count.Failures.Add(1)
		j.fail(m.err)
		return
	}
	j.took = time.Since(j.began)
	j.count.countFlush(j.took)
	if j.failing() {
		j.count.failing.Store(nil)
		j.complaint = logLimit{}
		j.sys.log.Info("data can be written again", "pending", j.count.Pending.Load())
	}
	for _, w := range j.wrote {
		j.count.Written.Add(uint64(len(w.Variables)))
		if w.Forget {
			j.count.Forgotten.Add(1)
		} else if l := j.loaded[w.Room]; l != nil {
			l.touched = w.Time
		}
	}
	for _, r := range m.refused {
		for _, w := range j.wrote {
			if w.Room == r.Room {
				j.count.Lost.Add(uint64(len(w.Variables)))
			}
		}
		j.sys.log.Error("changes of a room could not be written and are lost", "room", r.Room.Name, "space", r.Room.Space.String(), "err", r.Err)
	}
}

func (j *journal) failing() bool { return j.count.failing.Load() != nil }

// fail says, at most once a minute, that nothing can be written, and lets nobody wait for it.
func (j *journal) fail(err error) {
	j.lastErr = err
	why := err.Error()
	first := j.count.failing.Swap(&why) == nil
	if held, ok := j.complaint.allow(j.sys.now()); ok {
		j.sys.log.Error("data cannot be written; the service goes on from memory and tries again",
			"err", err, "pending", j.count.Pending.Load(), "failures", held+1)
	}
	if !first {
		return
	}
	for _, pid := range j.unsaved {
		j.sys.sendTo(pid, storageFails{})
	}
	for _, c := range j.writing {
		if c.pid != nil {
			j.sys.sendTo(c.pid, storageFails{})
		}
	}
}

// onFlushAll asks every room, also those whose changes are still in their mailbox.
func (j *journal) onFlushAll(m *flushAll) {
	j.waiting = append(j.waiting, m.reply)
	j.unsaved = j.unsaved[:0]
	for _, l := range j.loaded {
		j.unsaved = append(j.unsaved, l.pid)
	}
	j.lastErr = nil
	j.due = true
	j.flush()
}

// conclude answers those who wait for everything to be written.
func (j *journal) conclude() {
	for _, reply := range j.waiting {
		if err := j.lastErr; err != nil {
			reply <- fmt.Errorf("%w (%d variables are not written)", err, j.count.Pending.Load())
		} else {
			reply <- nil
		}
	}
	j.waiting = nil
}

func (j *journal) stopTimers() {
	for _, t := range []*time.Timer{j.timer, j.expiry} {
		if t != nil {
			t.Stop()
		}
	}
}

// empty tells that there is nothing to write.
func (w *RoomWrite) empty() bool {
	return len(w.Variables) == 0 && len(w.History) == 0 && !w.Forget
}
