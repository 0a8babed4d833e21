package supervisor

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/skeinhq/skein/actors"
	"github.com/skeinhq/skein/supervisor/moderation"
	"github.com/skeinhq/skein/supervisor/transport"
)

// closeProjectUnavailable is the close code that players of TurboWarp take for an answer: with any other code but that
// of a bad name they come back.
const closeProjectUnavailable = 4004

// causeBanned is the label of the metric of refused handshakes.
const causeBanned = "banned"

// newPolicy prepares what clients are subject to. What is wrong with the rules for names is reported by Start.
func newPolicy(o ModerationOptions) (*moderation.Policy, error) {
	names, err := moderation.NewNameRules(o.NameFilter, o.ReservedNames)
	if err == nil {
		_, err = o.unique()
	}
	return &moderation.Policy{Bans: moderation.NewList(nil), Names: names}, err
}

func (o ModerationOptions) unique() (actors.UniqueNames, error) {
	switch o.UniqueNames {
	case "":
		return actors.NamesFree, nil
	case UniqueInRoom:
		return actors.NamesUniqueInRoom, nil
	case UniqueOnServer:
		return actors.NamesUniqueOnServer, nil
	}
	return actors.NamesFree, fmt.Errorf("unique names: %q is neither %s nor %s", o.UniqueNames, UniqueInRoom, UniqueOnServer)
}

// loadModeration puts into force what was kept.
func (s *Server) loadModeration() error {
	if err := s.policy.Bans.Load(s.records); err != nil {
		return err
	}
	if err := s.users.Load(s.records); err != nil {
		return err
	}
	s.policy.Bans.Watch(s.expel)
	return nil
}

// Bans is the list of bans. Those that are added take effect at once on whoever is connected. Changing it waits for the
// disk.
func (s *Server) Bans() *moderation.List { return s.policy.Bans }

// Policy is what names are subject to.
func (s *Server) Policy() *moderation.Policy { return s.policy }

// AdminUsers are the users who may administer the server by CL4 commands.
func (s *Server) AdminUsers() *moderation.Users { return s.users }

// expel closes the connections of those who are banned from now on.
func (s *Server) expel(b moderation.Ban) (closed int) {
	pick := func(c *actors.Client) bool { return b.Contains(c.Addr()) }
	switch b.Kind {
	case moderation.KindName:
		pick = func(c *actors.Client) bool {
			i := c.Info()
			return i.Named && (i.Protocol == actors.CL4 || i.Protocol == actors.Scratch) && b.Matches(i.Username)
		}
	case moderation.KindAgent:
		pick = func(c *actors.Client) bool { return c.Agent() != "" && b.Matches(c.Agent()) }
	}
	closed = s.Expel(pick, b.Kind == moderation.KindName, b.Message())
	s.policy.Bans.CountRefusal(b.Kind, closed)
	s.log.Info("a ban has come into force", "kind", b.Kind, "pattern", b.Pattern, "by", b.By, "closed", closed)
	return closed
}

// banned is what Admit leaves for Open where a client is to hear of its ban by a close code.
type banned struct{ why string }

// refuseBanned answers a client that may not connect. Web pages see no status of a refused handshake, and those of
// Scratch would try again for ever, so where Scratch is spoken they are let in to be closed.
func (h *handler) refuseBanned(r *transport.Request, why string) *transport.Refusal {
	protocols := h.s.options.Protocols
	if slices.Contains(protocols, ProtocolScratch) && (r.Get("Origin") != "" || len(protocols) == 1) {
		r.Note = banned{why}
		return nil
	}
	return refusedBecause(why)
}

func refusedBecause(why string) *transport.Refusal {
	return &transport.Refusal{Status: http.StatusForbidden, Reason: why, Cause: causeBanned}
}
