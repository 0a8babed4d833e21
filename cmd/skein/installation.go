package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What the Python library looks for in its directory.
const (
	libraryDir         = ".pystrands"
	libraryVersionFile = ".broker_version"
	// libraryBroker is the version of the broker that the library wants; when the file says another one, it downloads
	// its own broker over the program.
	libraryBroker = "v1.0.0"
)

// modulePath tells a binary of this program from others.
const modulePath = "github.com/skeinhq/skein"

// suffixBackup marks a file that was there before the program.
const suffixBackup = ".before-skein"

// installation is the program in the place where the Python library looks for its broker.
type installation struct {
	dir  string // where the library looks
	goos string // runtime.GOOS
	exe  string // this program
	// say tells in one sentence what has been done.
	say func(format string, args ...any)
}

// programs are the paths of the program. On Windows releases of the library look for the name without an ending, which
// works there too; people and a later library expect the one with it.
func (i *installation) programs() []string {
	out := []string{filepath.Join(i.dir, pystrandsServer)}
	if i.goos == "windows" {
		out = append(out, out[0]+".exe")
	}
	return out
}

func (i *installation) versionFile() string { return filepath.Join(i.dir, libraryVersionFile) }

// install puts the program there, as a copy or a link, with the version that keeps the library from downloading its
// own. Programs of others are replaced by force only, and kept.
func (i *installation) install(link, force bool, version string) error {
	var strangers []string
	for _, path := range i.programs() {
		old, err := look(path)
		if err != nil {
			return err
		}
		if old != foreign {
			continue
		}
		if !force {
			return fmt.Errorf("%s is another program, so it stays: --force replaces it and keeps it as %s", path, backupName(path))
		}
		strangers = append(strangers, path)
	}
	if len(strangers) > 0 {
		strangers = append(strangers, i.versionFile()) // which tells the version of what is kept
	}
	if err := os.MkdirAll(i.dir, 0o755); err != nil {
		return err
	}
	for _, path := range strangers {
		if err := i.keep(path); err != nil {
			return err
		}
	}
	for _, path := range i.programs() {
		if err := i.put(path, link); err != nil {
			return err
		}
	}
	if err := replace(i.versionFile(), func(f *os.File) error {
		_, err := f.WriteString(version)
		return err
	}); err != nil {
		return err
	}
	i.say("Wrote %s into %s, so that the library takes it for its own broker.", version, i.versionFile())
	return nil
}

func (i *installation) put(path string, link bool) error {
	if !link {
		err := replace(path, i.copyTo)
		if i.goos == "windows" && errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w (a broker that runs from there has to be stopped first)", err)
		}
		if err != nil {
			return err
		}
		i.say("Copied %s to %s.", i.exe, path)
		return nil
	}
	if sameFile(i.exe, path) {
		return fmt.Errorf("%s would be a link to itself: run install from where the program is to stay", path)
	}
	if err := relink(i.exe, path); err != nil {
		return fmt.Errorf("%w (--copy works without links)", err)
	}
	i.say("Linked %s to %s.", path, i.exe)
	return nil
}

// sameFile tells whether a path leads to the file that stands at another one, where a link is a file of its own.
func sameFile(path, at string) bool {
	a, errA := os.Stat(path)
	b, errB := os.Lstat(at)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (i *installation) copyTo(f *os.File) error {
	from, err := os.Open(i.exe)
	if err != nil {
		return err
	}
	defer from.Close()
	if _, err := io.Copy(f, from); err != nil {
		return err
	}
	return f.Chmod(0o755)
}

// keep puts a file aside under a name that is free. Nothing happens when there is none.
func (i *installation) keep(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	backup := backupName(path)
	// A second name first, so that the library finds a program at every moment; where the disk has no second names,
	// there is none for one.
	if err := os.Link(path, backup); err != nil {
		if err := os.Rename(path, backup); err != nil {
			return err
		}
	}
	i.say("Kept %s as %s.", path, backup)
	return nil
}

// uninstall takes the program away and puts back what was there before.
func (i *installation) uninstall() error {
	found, restored := false, false
	for _, path := range i.programs() {
		old, err := look(path)
		if err != nil {
			return err
		}
		if old == foreign {
			i.say("%s is another program: it stays.", path)
		}
		if old != ours {
			continue
		}
		found = true
		if err := os.Remove(path); err != nil {
			return err
		}
		i.say("Removed %s.", path)
		back, err := i.restore(path)
		if err != nil {
			return err
		}
		restored = restored || back
	}
	if !found {
		return fmt.Errorf("nothing to undo: Skein's broker is not in %s", i.dir)
	}
	if restored {
		if back, err := i.restore(i.versionFile()); back || err != nil {
			return err
		}
	}
	if err := os.Remove(i.versionFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	i.say("Removed %s.", i.versionFile())
	return nil
}

// restore puts the latest file that was kept back in its place, and tells whether there was one.
func (i *installation) restore(path string) (bool, error) {
	latest := ""
	for n := 1; ; n++ {
		name := numbered(path, n)
		if _, err := os.Lstat(name); err != nil {
			break
		}
		latest = name
	}
	if latest == "" {
		return false, nil
	}
	if err := os.Rename(latest, path); err != nil {
		return false, err
	}
	i.say("Put %s back.", path)
	return true, nil
}

// backupName is the first name for a kept file that is free.
func backupName(path string) string {
	for n := 1; ; n++ {
		name := numbered(path, n)
		if _, err := os.Lstat(name); err != nil {
			return name
		}
	}
}

func numbered(path string, n int) string {
	if n == 1 {
		return path + suffixBackup
	}
	return fmt.Sprintf("%s%s.%d", path, suffixBackup, n)
}

// owner says whose program a file is.
type owner int

const (
	nobody owner = iota
	ours
	foreign
)

// look tells whose program stands there. A link that leads nowhere is nobody's.
func look(path string) (owner, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nobody, nil
	case err != nil:
		return foreign, err
	case !info.Mode().IsRegular():
		return foreign, fmt.Errorf("%s is no file: move it away", path)
	}
	build, err := buildinfo.ReadFile(path)
	if err == nil && build.Main.Path == modulePath {
		return ours, nil
	}
	return foreign, nil
}

// replace writes a file and puts it in the place of another in one step, so that nobody finds half of it.
func replace(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+strings.TrimPrefix(filepath.Base(path), ".")+".*")
	if err != nil {
		return err
	}
	err = errors.Join(f.Chmod(0o644), write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// relink is replace for a link.
func relink(target, path string) error {
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, temp); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}
