//go:build !race

package simpleserver

import "time"

// What a client does that does right: messages and the time between them.
const (
	chaosMessages = 20
	chaosPause    = 250 * time.Millisecond
)
