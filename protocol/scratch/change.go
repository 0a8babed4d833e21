package scratch

// Op is what a Change does.
type Op uint8

// The operations.
const (
	// OpSet gives a variable a value and creates it if there is none.
	OpSet Op = iota + 1
	// OpCreate is OpSet, but CloudLink sends it on even when the value is the same, and under its own name.
	OpCreate
	// OpRename moves a value to another name.
	OpRename
	// OpDelete removes a variable.
	OpDelete
)

// Change is one change of a room's variables, which a member asks for.
//
// It is a plain value. Its strings are independent of the message that they came from.
type Change struct {
	Op      Op
	Name    string
	NewName string // OpRename only
	Value   string // OpSet and OpCreate: valid JSON text on one line
}

// Variable is one cloud variable with its value, valid JSON text on one line.
type Variable struct {
	Name  string
	Value string
}
