// Package scratch is the protocol of Scratch cloud variables: what a connection may say (Session), what a room
// does with it (Room), and under which limits (Rules).
//
// Everything here is a value without goroutines, sockets or clocks. A session actor owns a Session and carries out
// the Decision that it returns for each message:
//
//	rules := scratch.NewRules(scratch.Config{})
//	s := rules.NewSession(scratch.LoginExposed(cookie, header))
//	d := s.Open()                           // once, after the upgrade
//	d := s.Receive(payload, binary)         // for each message
//	switch d.Kind {
//	case scratch.Ignore:
//	case scratch.Close:                     // d.Close: text if any, then the close frame
//	case scratch.Join:                      // d.Room, d.User: ask the room to take this connection in
//	case scratch.Apply:                     // d.Change: hand it to the room that was joined
//	}
//
// A room actor owns a Room and, for each of its members, a Cursor that says how much the member has been sent:
//
//	join:   cur := room.Join(); then catch up
//	apply:  out := room.Apply(member, change)
//	        out.Close.Code != 0: end the sender; out.Flush: flush now; out.Pending: flush when the interval is over
//	flush:  b := room.Flush(); for each member that is not behind: f := b.For(member, cur); send f unless it is
//	        nil; cur = b.Advance(cur)
//	        a member whose outbox refuses f is behind from now on: its cursor stays where it is
//	catch up (a newcomer, or a member that is behind, once its outbox has room):
//	        for { f, next, ok := room.Next(member, cur); !ok: close it as a slow consumer; f == nil: it is no longer
//	        behind; refused: try again later with the same cursor; else cur = next }
//
// Nobody misses anything and nobody is sent anything twice that way, whatever the order of joins, flushes and
// stalls. A member that was behind gets the latest value of each variable instead of all of them.
package scratch
