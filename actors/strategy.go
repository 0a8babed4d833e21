package actors

import (
	"github.com/asynkron/protoactor-go/actor"
)

// stopOnFailure is the strategy for sessions: a session that failed is stopped, because its connection can not be
// given to a fresh one.
type stopOnFailure struct{}

// HandleFailure implements actor.SupervisorStrategy.
func (stopOnFailure) HandleFailure(_ *actor.ActorSystem, sup actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	sup.StopChildren(child)
}

// restartAlways is the strategy for everything else. Only the message that failed is lost, so that every failure is
// progress and there is no number of them after which giving up would be better: the state of rooms, directory and
// registry lives outside the actors. The library's strategies stop after a number of failures and remember each.
type restartAlways struct{ counters *Counters }

// HandleFailure implements actor.SupervisorStrategy.
func (r restartAlways) HandleFailure(_ *actor.ActorSystem, sup actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, _, _ any) {
	r.counters.Restarts.Add(1)
	sup.RestartChildren(child)
}
