package storage

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// What can be wrong with a file. Errors name it.
var (
	// ErrDamaged: what is in the file is not what was written.
	ErrDamaged = errors.New("damaged")
	// ErrInUse: another process has the file open.
	ErrInUse = errors.New("in use")
	// ErrNewer: a later version of the program has written the file.
	ErrNewer = errors.New("written by a newer version")
)

// guard runs f on pages that may be damaged, which bbolt answers with a panic, and a file that became shorter with a
// fault of the memory that it is mapped to.
func guard(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%s: %w: %v", path, ErrDamaged, reason)
		}
	}()
	return f()
}
