package scratch

// What is odd about each dialect on purpose, because clients rely on it or because the reference servers,
// CloudLink 0.2.0 and TurboWarp's cloud-server, do it. Every one of these is asked for by name where it matters.

// echoesToSender: CloudLink sends an update to everybody in the room, the sender too. TurboWarp leaves the sender
// out: an echo that arrives after the sender has changed the variable again would undo that at the sender.
func (d Dialect) echoesToSender() bool { return d == CloudLink }

// skipsSameValue: CloudLink does not send a set whose value equals the stored one. TurboWarp sends it like any
// other, and CloudLink itself sends a create however often it comes.
func (d Dialect) skipsSameValue() bool { return d == CloudLink }

// tellsEverything: CloudLink sends create, rename and delete under their own names. TurboWarp sends a create as
// set and tells nobody of a rename or a delete.
func (d Dialect) tellsEverything() bool { return d == CloudLink }

// renamesUnknown: CloudLink takes an unknown variable for an empty string, so that renaming it creates the new
// name. TurboWarp closes the sender.
func (d Dialect) renamesUnknown() bool { return d == CloudLink }

// deletesUnknown: CloudLink ignores the deletion of an unknown variable. TurboWarp closes the sender.
func (d Dialect) deletesUnknown() bool { return d == CloudLink }

// collects: TurboWarp joins the updates of one interval by newlines into one frame. CloudLink sends each in a
// frame of its own, also when several are due at once.
func (d Dialect) collects() bool { return d == TurboWarp }

// readsBinary: CloudLink reads binary messages like text. TurboWarp ignores them.
func (d Dialect) readsBinary() bool { return d == CloudLink }

// undefinedProject is the room of TurboWarp clients that send no project_id: the missing key turns into the text
// that JavaScript has for it.
const undefinedProject = "undefined"

// closesAtOpening: TurboWarp looks for the login of a Scratch user in the request and closes before the first
// message. CloudLink looks during the handshake; where the port is Scratch's alone there is no need to wait.
func (r *Rules) closesAtOpening() bool { return r.c.Dialect == TurboWarp || !r.c.Shared }

// refusesWithText: CloudLink answers a bad first message with a text and 1000. TurboWarp closes with 4000, but
// where it shares its port the client may be one of CL4, which expects CloudLink's way.
func (r *Rules) refusesWithText() bool { return r.c.Dialect == CloudLink || r.c.Shared }

// namePrefixes start the name that TurboWarp allows a variable to be renamed to. It does not look at the names
// that set and create bring along; only their length is bounded here.
var namePrefixes = [...]string{"☁ ", ":cloud: "}

// Limits of TurboWarp's and CloudLink's handshakes.
const (
	maxUsername  = 20  // ASCII letters, digits, - and _ for TurboWarp; any characters for CloudLink
	maxProjectID = 999 // characters for TurboWarp; CloudLink has no limit
)
