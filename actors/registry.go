package actors

import (
	"hash/maphash"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/skeinhq/skein/codec"
	"github.com/skeinhq/skein/protocol/cl4"
)

// registry finds clients by id and by name. It is spread over shards, each an actor, by the hash of what it is asked
// for.
type registry struct {
	sys    *System
	shards []*actor.PID
	seed   maphash.Seed
}

func (r *registry) byID(id codec.ID) *actor.PID {
	if len(r.shards) == 0 {
		return nil // plugins may ask before the start
	}
	return r.shards[maphash.Bytes(r.seed, id[:])%uint64(len(r.shards))]
}

func (r *registry) byName(name string) *actor.PID {
	if len(r.shards) == 0 {
		return nil
	}
	return r.shards[maphash.String(r.seed, name)%uint64(len(r.shards))]
}

func (r *registry) register(ref *Ref) { r.sys.sendTo(r.byID(ref.ID), &register{from: ref}) }

func (r *registry) identified(ref *Ref) { r.sys.sendTo(r.byID(ref.ID), &identified{id: ref.ID}) }

func (r *registry) registerName(ref *Ref, name string) {
	r.sys.sendTo(r.byName(name), &registerName{from: ref, name: name})
}

func (r *registry) unregister(ref *Ref, u cl4.User) {
	r.sys.sendTo(r.byID(ref.ID), &unregister{id: ref.ID})
	if u.Named {
		r.sys.sendTo(r.byName(u.Username), &unregisterName{id: ref.ID, name: u.Username})
	}
}

// registryShard is what one shard knows. It outlives the actor, which can fail and be restarted.
type registryShard struct {
	sys     *System
	clients map[codec.ID]*Ref
	names   nameIndex // CL4 clients only
	peak    int       // of clients, since the maps were made
}

// slimFrom is the number of clients of a shard above which its maps are made anew when three quarters have gone.
const slimFrom = 1024

// registryActor is the actor of a shard.
type registryActor struct{ *registryShard }

// Receive implements actor.Actor.
func (a registryActor) Receive(ctx actor.Context) {
	msg := ctx.Message()
	defer a.sys.failing(&a.sys.Counters.RegistryPanics, registryFailed, ctx.Self().Id, msg)
	switch m := msg.(type) {
	case *register:
		m.from.findable = false
		a.clients[m.from.ID] = m.from
		a.peak = max(a.peak, len(a.clients))
	case *identified:
		if ref := a.clients[m.id]; ref != nil {
			ref.findable = true
		}
	case *registerName:
		a.names.add(m.name, m.from)
	case *unregister:
		a.onUnregister(m)
	case *unregisterName:
		a.names.remove(m.name, m.id)
	case *direct:
		a.onDirect(m)
	case *relay:
		m.undelivered()
	case *findClients:
		m.reply <- a.find(m.key, m.byName)
	case *listClients:
		refs := make([]*Ref, 0, len(a.clients))
		for _, ref := range a.clients {
			refs = append(refs, ref)
		}
		m.reply <- refs
	case *crash:
		panic("injected panic")
	case actor.SystemMessage, actor.AutoReceiveMessage:
	default:
		a.sys.Counters.UnknownMessages.Add(1)
	}
}

func (a *registryShard) onUnregister(m *unregister) {
	delete(a.clients, m.id)
	if a.peak > slimFrom && len(a.clients) < a.peak/4 {
		a.clients = slimmed(a.clients)
		a.names.slim()
		a.peak = len(a.clients)
	}
}

// find returns the CL4 clients that a key means: ids and uuids first, so that nobody can take over another's messages
// by choosing that client's id as a name.
func (a *registryShard) find(key string, byName bool) []*Ref {
	if byName {
		return a.names.find(nil, key)
	}
	if id, ok := codec.ParseID(key); ok {
		if ref := a.clients[id]; ref != nil {
			return []*Ref{ref}
		}
	}
	return nil
}

func (a *registryShard) onDirect(m *direct) {
	if id, ok := codec.ParseID(m.to); ok && !m.named {
		a.directByID(m, id)
		return
	}
	var one [1]*Ref
	refs := a.names.find(one[:0], m.to)
	if n := len(refs); n == 0 || n > 1 && !a.sys.cl4.config.Load().DeliverToAllMatches {
		p := cl4.DirectAnswer(m.to, n, m.listener)
		a.sys.Counters.refused(p.Status)
		m.from.send(p.Frame())
	} else {
		for _, r := range refs {
			r.send(m.frame)
		}
	}
	m.from.settle()
}

// directByID delivers to an id of this shard and tells the session, which waits, whether there was one.
func (a *registryShard) directByID(m *direct, id codec.ID) {
	ref := a.clients[id]
	if ref == nil || !ref.findable {
		m.named = true
		m.from.post(&directMissed{direct: m})
		return
	}
	ref.send(m.frame)
	m.from.post(&directMissed{})
}
