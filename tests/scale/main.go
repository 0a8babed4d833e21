//go:build linux

// Command scale runs the actors without sockets: up to a million sessions in a hundred thousand rooms, whose outboxes
// count and forget. It shows what the actors alone cost, and how that grows.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

func main() {
	sizes := flag.String("sessions", "10000,30000,100000,300000,1000000", "numbers of sessions, one run each")
	roomSize := flag.Int("room-size", 10, "sessions per room")
	messages := flag.Int("messages", 300000, "messages of each kind per run")
	page := flag.String("page", "", "page whose marked part is made anew, such as docs/scale.md; the charts go beside it")
	child := flag.Int("child", 0, "run one simulation of this many sessions and print its figures as JSON")
	flag.Parse()
	var err error
	if *child > 0 {
		err = runChild(*child, *roomSize, *messages)
	} else {
		err = runAll(*sizes, *roomSize, *messages, *page)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func runChild(sessions, roomSize, messages int) error {
	f, err := simulate(sessions, roomSize, messages)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

// runAll gives every simulation a process of its own, so that none inherits the memory of another.
func runAll(sizes string, roomSize, messages int, page string) error {
	var all []figures
	for _, text := range strings.Split(sizes, ",") {
		if _, err := strconv.Atoi(text); err != nil {
			return fmt.Errorf("number of sessions %q: %w", text, err)
		}
		cmd := exec.Command(os.Args[0], "-child", text, "-room-size", strconv.Itoa(roomSize), "-messages", strconv.Itoa(messages))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s sessions: %w", text, err)
		}
		var f figures
		if err := json.Unmarshal(out, &f); err != nil {
			return fmt.Errorf("figures of %s sessions: %w", text, err)
		}
		all = append(all, f)
		fmt.Fprintln(os.Stderr, strings.TrimSpace(string(out)))
	}
	fmt.Print(table(all))
	if page == "" {
		return nil
	}
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text, err := pageOf(string(old), all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		return err
	}
	picture := strings.TrimSuffix(page, ".md") + ".svg"
	return os.WriteFile(picture, []byte(charts(all)), 0o644)
}
