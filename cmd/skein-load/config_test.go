//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		says string // empty: nothing is wrong
	}{
		{Config{Scenario: scenarioFanout, Dialect: "cl4", Clients: 10, Senders: 1, Window: 1}, ""},
		{Config{Scenario: scenarioFanout, Dialect: "cl4", Clients: 0, Senders: 1, Window: 1}, "--clients"},
		{Config{Scenario: scenarioFanout, Dialect: "cl4", Clients: 10, Senders: 11, Window: 1}, "--senders"},
		{Config{Scenario: scenarioFanout, Dialect: "cl4", Clients: 10, RoomSize: 2, Senders: 3, Window: 1}, "--senders"},
		{Config{Scenario: scenarioFanout, Dialect: "cl4", Clients: 10, Senders: 1, Window: 5000}, "--window"},
		{Config{Scenario: scenarioFanout, Dialect: "echo", Clients: 10, Senders: 1, Window: 1}, "no rooms"},
		{Config{Scenario: scenarioFanout, Dialect: "cl4", Clients: 40_000, RoomSize: 1, Senders: 1, Window: 1}, "told apart"},
		{Config{Scenario: scenarioFanout, Dialect: "scratch", Clients: 200, Senders: 1, Window: 1}, "128"},
		{Config{Scenario: scenarioFanout, Dialect: "scratch", Clients: 200, RoomSize: suitable, Senders: 1, Window: 1}, ""},
		{Config{Scenario: scenarioFanout, Dialect: "scratch", Clients: 3, RoomSize: 1, Senders: 1, Window: 1}, "besides its sender"},
		{Config{Scenario: scenarioFanout, Dialect: "scratch", ScratchDialect: "latin", Clients: 3, Senders: 1, Window: 1}, "--scratch-dialect"},
		{Config{Scenario: scenarioEcho, Dialect: "scratch", Clients: 3, RoomSize: suitable, Window: 1}, "even number"},
		{Config{Scenario: scenarioEcho, Dialect: "scratch", Clients: 4, RoomSize: suitable, Window: 1}, ""},
		{Config{Scenario: scenarioEcho, Dialect: "simpleserver", Clients: 4, RoomSize: suitable, Window: 1}, ""},
		{Config{Scenario: scenarioEcho, Dialect: "simpleserver", URL: "ws://127.0.0.1:1/", Clients: 4, Window: 1}, "tcp://"},
		{Config{Scenario: scenarioEcho, Dialect: "cl4", Clients: 4, Window: 1, Rate: -1}, "--rate"},
		{Config{Scenario: scenarioMixed, Dialect: "cl4", Clients: 4, Senders: 1}, "--rate"},
		{Config{Scenario: scenarioMixed, Dialect: "cl4", Clients: 4, Senders: 1, Rate: 1, Requests: 2}, "--requests"},
		{Config{Scenario: scenarioMixed, Dialect: "cl4", Clients: 4, Senders: 1, Rate: 1, Visitors: 1}, "--stay"},
		{Config{Scenario: scenarioEcho, Dialect: "cl4", Backend: "127.0.0.1:1", Clients: 4, Window: 1}, "--backend"},
		{Config{Scenario: scenarioMixed, Dialect: "echo", Clients: 4, Senders: 1, Rate: 1}, ""},
		{Config{Scenario: scenarioFanout, Dialect: "pystrands", URL: "ws://127.0.0.1:1/ws/x", Clients: 10, RoomSize: 5, Senders: 1, Window: 1}, "path"},
	} {
		err := c.cfg.complete()
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%+v: %v, not %q", c.cfg, err, c.says)
		}
	}
}
