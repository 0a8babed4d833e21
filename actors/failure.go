package actors

import (
	"runtime/debug"
	"sync/atomic"
)

// What is logged when an actor has panicked.
const (
	sessionFailed   = "a session failed; its connection is closed"
	roomFailed      = "a room failed and is restarted"
	registryFailed  = "a registry shard failed and is restarted"
	directoryFailed = "a directory shard failed and is restarted"
	brokerFailed    = "the broker failed and is restarted"
	pluginFailed    = "a plugin's actor failed"
)

// failing is deferred around the handling of a message. When that panics it counts the failure, leaves a trace with a
// stack, sees to it that nobody waits for the message, and lets the panic go on to the supervisor.
func (s *System) failing(count *atomic.Uint64, what, name string, msg any) {
	reason := recover()
	if reason == nil {
		return
	}
	count.Add(1)
	s.noteFailure(what, name)
	s.log.Error(what, "name", name, "panic", reason, "stack", string(debug.Stack()))
	if u, ok := msg.(undeliverable); ok {
		u.undelivered()
	}
	panic(reason)
}

// telling is deferred around the handling of a message that was kept: when that panics, nobody waits for the message any
// more, and the panic goes on.
func telling(msg any) {
	reason := recover()
	if reason == nil {
		return
	}
	if u, ok := msg.(undeliverable); ok {
		u.undelivered()
	}
	panic(reason)
}
