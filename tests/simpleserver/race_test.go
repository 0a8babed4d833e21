//go:build race

package simpleserver

import "time"

// What a client does that does right: messages and the time between them. The race detector makes everything many times
// dearer.
const (
	chaosMessages = 5
	chaosPause    = time.Second
)
