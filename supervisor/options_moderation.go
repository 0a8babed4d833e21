package supervisor

// Where names of CL4 clients have to be unique.
const (
	UniqueInRoom   = "room"
	UniqueOnServer = "server"
)

// ModerationOptions say which names nobody may have, and whether CL4 clients may administer the server. The zero
// value allows every name and no administration.
type ModerationOptions struct {
	// NameFilter is a file with a regular expression a line: whose name fits one, in whatever case, is refused. It is
	// read again on Reload.
	NameFilter string
	// ReservedNames are refused too.
	ReservedNames []string
	// UniqueNames is UniqueInRoom or UniqueOnServer: CL4 clients get E:112 for a name that another one has. Empty
	// means that names may be taken twice.
	UniqueNames string
	// CL4Admin lets users with a password administer the server by CL4 commands.
	CL4Admin bool
}
