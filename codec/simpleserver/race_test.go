//go:build race

package simpleserver

const raceEnabled = true
