package actors

import "sync/atomic"

// BrokerCounters are what the PyStrands broker counts. Fields are read at any time, from any goroutine.
type BrokerCounters struct {
	Clients       atomic.Int64 // end clients that were let in
	Backends      atomic.Int64 // attached backends
	Rooms         atomic.Int64
	Requests      atomic.Int64 // clients that wait to be let in
	BacklogEvents atomic.Int64
	BacklogBytes  atomic.Int64

	// Results counts connection requests by how they ended, in the order of RequestResults.
	Results [len(RequestResults)]atomic.Uint64

	MessagesIn, MessagesOut atomic.Uint64 // messages from and to end clients
	BytesIn, BytesOut       atomic.Uint64 // their payloads

	LinesBad      atomic.Uint64 // lines of backends that were not understood
	LinesUnstated atomic.Uint64 // of them, those that were not answered by an error event

	// Dropped counts what was lost, in the order of DropReasons.
	Dropped [len(DropReasons)]atomic.Uint64

	Reassigned    atomic.Uint64 // clients that got another owner
	BackendsIn    atomic.Uint64 // backends that were attached
	BackendsLost  atomic.Uint64
	BackendsOver  atomic.Uint64 // backends refused because there were too many
	BackendsUnfit atomic.Uint64 // backends refused because of their token
	SlowClosed    atomic.Uint64
	Held          atomic.Uint64 // times that a client was not read from because its backend lagged
}

// RequestResults are the labels of BrokerCounters.Results.
var RequestResults = [...]string{"accepted", "refused", "no_backend", "timeout", "bad_response", "duplicate", "gone", "full"}

// Indices of BrokerCounters.Results.
const (
	resultAccepted = iota
	resultRefused
	resultNoBackend
	resultTimeout
	resultBadResponse
	resultDuplicate
	resultGone
	resultFull
)

// DropReasons are the labels of BrokerCounters.Dropped.
var DropReasons = [...]string{"backlog", "unknown_client", "unknown_room", "slow_client", "unknown_request"}

// Indices of BrokerCounters.Dropped.
const (
	dropBacklog = iota
	dropUnknownClient
	dropUnknownRoom
	dropSlowClient
	dropUnknownRequest
)
