//go:build race

package pystrands

const raceEnabled = true
