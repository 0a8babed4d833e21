package supervisor

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/skeinhq/skein/supervisor/admin/token"
)

// AccessFile is the name of the file in the directory for data that tells the administrator on this machine how to
// reach the running server, with a key that only those who may read the file have.
const AccessFile = "admin.json"

// Access is what is in AccessFile.
type Access struct {
	// Addresses are HOST:PORT and unix:PATH.
	Addresses []string `json:"addresses"`
	// Key is a token with the scope admin, for requests from this machine.
	Key string `json:"key"`
}

// writeAccess writes AccessFile, for its owner alone. Without a directory for data there is none.
func (s *Server) writeAccess(addr net.Addr) error {
	if !s.options.Data.enabled() {
		return nil
	}
	var key [32]byte
	rand.Read(key[:])
	a := Access{Key: hex.EncodeToString(key[:])}
	if addr != nil {
		a.Addresses = append(a.Addresses, addressText(addr))
	}
	if path := s.options.Administration.Socket; path != "" {
		a.Addresses = append(a.Addresses, "unix:"+path)
	}
	text, err := json.MarshalIndent(a, "", "\t")
	if err != nil {
		return err
	}
	path := s.accessPath()
	// Not over the old file, which somebody may have open, or a link to another place may have replaced.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("admin: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	s.tokens.AddFixed(token.Token{Name: "this machine", Scope: token.Admin}, a.Key, true)
	return nil
}

func (s *Server) accessPath() string { return filepath.Join(s.options.Data.Dir, AccessFile) }

// removeAccess removes AccessFile: its key is worth nothing any more.
func (s *Server) removeAccess() {
	if !s.options.Data.enabled() {
		return
	}
	if err := os.Remove(s.accessPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Debug("the access file could not be removed", "err", err)
	}
}

// addressText is an address as one writes it.
func addressText(a net.Addr) string {
	if a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return a.String()
}
