package actors

// Fault injection, for tests that want to see what a failure does to everybody else.

// CrashSession makes the actor of a client panic. The client is closed with 1011.
func (s *System) CrashSession(c *Client) { c.s.ref.post(&crash{}) }

// CrashRoom makes the actor of a room panic. It is restarted with its members and variables.
func (l Rooms) CrashRoom(room string) error {
	pid, err := l.find(room)
	if err != nil {
		return err
	}
	l.sys.sendTo(pid, &crash{})
	return nil
}

// CrashBroker makes the actor of the PyStrands broker panic. It is restarted with its clients, backends and backlog.
func (s *System) CrashBroker() {
	if s.broker != nil {
		s.broker.post(&crash{})
	}
}

// CrashActor makes an actor of a plugin panic. It is restarted.
func (s *System) CrashActor(name string) error { return s.Tell(name, &crash{}) }

// CrashRegistry makes one shard of the registry and one of the directory panic. Both are restarted.
func (s *System) CrashRegistry() {
	s.sendTo(s.registry.shards[0], &crash{})
	s.sendTo(s.directory.shards[0], &crash{})
}
