package actors

import (
	"runtime/debug"
	"sync/atomic"
)

// failing is deferred around the handling of a message. When that panics it counts the failure, leaves a trace with a
// stack, sees to it that nobody waits for the message, and lets the panic go on to the supervisor.
func (s *System) failing(count *atomic.Uint64, what, name string, msg any) {
	reason := recover()
	if reason == nil {
		return
	}
	count.Add(1)
	s.log.Error(what, "name", name, "panic", reason, "stack", string(debug.Stack()))
	if u, ok := msg.(undeliverable); ok {
		u.undelivered()
	}
	panic(reason)
}
