package actors

import "errors"

// The errors of the plugin API, under the names that CloudLink gave them. Match them with errors.Is; those of clients
// also match ErrClients, those of rooms ErrRooms.
var (
	ErrClients error = errors.New("client manager")
	ErrRooms   error = errors.New("room manager")

	ErrClientDoesNotExist       = clientError("the client does not exist")
	ErrClientAlreadyExists      = clientError("the client is in the list already")
	ErrClientUsernameAlreadySet = clientError("the client has a username already")
	ErrClientUsernameNotSet     = clientError("the client has no username yet")
	ErrNoResultsFound           = familyError{"nothing was found", errors.Join(ErrClients, ErrRooms)}
	ErrProtocolAlreadySet       = clientError("the client has a protocol already")
	ErrProtocolNotServed        = clientError("the server does not speak the protocol")

	ErrRoomDoesNotExist        = roomError("the room does not exist")
	ErrRoomAlreadyExists       = roomError("the room exists already")
	ErrRoomNotEmpty            = roomError("the room is not empty")
	ErrRoomRefusedChange       = roomError("the room's limits do not allow the change")
	ErrRoomUnsupportedProtocol = roomError("the client speaks another protocol than the room")

	ErrCommandDoesNotExist    = errors.New("the command does not exist")
	ErrCommandAlreadyDisabled = errors.New("the command is disabled already")
	ErrCommandNotDisabled     = errors.New("the command is not disabled")

	// ErrNotStarted is returned by what needs the actors of a server that has not been started.
	ErrNotStarted = errors.New("the server has not been started")
	// ErrStopped is returned when the server is stopping.
	ErrStopped = errors.New("the server has stopped")
	// ErrQueueFull is returned for a message to a client for which too much waits.
	ErrQueueFull = errors.New("too much waits for the client")
	// ErrUpdating is returned by SimpleServer.Update while a tick is running.
	ErrUpdating = errors.New("an update is running")
	// ErrActorAlreadyExists is returned by Spawn for a name that is taken.
	ErrActorAlreadyExists = errors.New("an actor has that name already")
	// ErrActorDoesNotExist is returned by Tell for a name that no plugin has spawned.
	ErrActorDoesNotExist = errors.New("no actor has that name")
)

// familyError is an error that belongs to a family of errors.
type familyError struct {
	text   string
	family error
}

// Error implements error.
func (e familyError) Error() string { return e.text }

// Unwrap returns the family.
func (e familyError) Unwrap() error { return e.family }

func clientError(text string) error { return familyError{text, ErrClients} }
func roomError(text string) error   { return familyError{text, ErrRooms} }
