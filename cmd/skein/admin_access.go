package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/skeinhq/skein/cmd/skein/config"
	"github.com/skeinhq/skein/supervisor"
)

// adminAccess is where the administration is, and with what it lets in.
type adminAccess struct {
	addr  string // HOST:PORT, unix:PATH, or a URL
	token string
}

// errNoAdmin says that it is not known where the server is.
var errNoAdmin = errors.New("it is not known where the server is: run it with --admin, and this on its machine as the same user with the same --data, or give --addr or SKEIN_ADMIN_ADDR")

// access finds out where the server is: flags, then the environment, then the file that a running server on this
// machine has left for its user, then its configuration.
func (o *adminOptions) access() (adminAccess, error) {
	a := adminAccess{addr: cmp.Or(o.addr, os.Getenv(config.EnvAdminAddr))}
	token, err := o.givenToken()
	if err != nil {
		return a, err
	}
	a.token = token
	r := o.serverSettings()
	return a.find(r.Config.Server.Data.Dir, r.Config.Server.Admin)
}

// find adds what was not given: what a running server has left in its directory for data, else where it is configured
// to be.
func (a adminAccess) find(dir, configured string) (adminAccess, error) {
	local, err := localAccess(dir)
	if err != nil && a.addr == "" {
		return a, err
	}
	switch {
	case a.addr == "" && len(local.Addresses) > 0:
		a.addr, a.token = local.Addresses[len(local.Addresses)-1], cmp.Or(a.token, local.Key)
	case a.addr == "":
		a.addr = reachable(configured)
	case a.token == "" && slices.Contains(local.Addresses, a.addr):
		a.token = local.Key
	}
	if a.addr == "" {
		return a, errNoAdmin
	}
	return a, nil
}

// givenToken is the token of flags or environment. Empty means none.
func (o *adminOptions) givenToken() (string, error) {
	env := os.Getenv("SKEIN_ADMIN_TOKEN")
	switch file := cmp.Or(o.tokenFile, os.Getenv("SKEIN_ADMIN_TOKEN_FILE")); {
	case o.token != "":
		return o.token, nil
	case o.tokenFile == "" && env != "":
		return env, nil
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		token := strings.TrimSpace(string(text))
		if token == "" {
			return "", fmt.Errorf("%s: the file is empty", file)
		}
		return token, nil
	}
	return "", nil
}

// localAccess reads what the server with this directory for data has left. There may be nothing.
func localAccess(dir string) (a supervisor.Access, err error) {
	if dir == "" || dir == supervisor.DataNone {
		return a, nil
	}
	path := filepath.Join(dir, supervisor.AccessFile)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil
	case errors.Is(err, fs.ErrPermission):
		return a, fmt.Errorf("%w: run this as the user that the server runs as, or give --addr and a token", err)
	case err != nil:
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("%s: %w", path, err)
	}
	for i := range a.Addresses {
		a.Addresses[i] = reachable(a.Addresses[i])
	}
	return a, nil
}

// plain tells whether what is sent to an address could be read on the way.
func (a adminAccess) plain() bool {
	host := a.addr
	if strings.HasPrefix(host, "unix:") {
		return false
	}
	if u, err := url.Parse(a.addr); err == nil && u.Host != "" {
		if u.Scheme == "https" {
			return false
		}
		host = u.Host
	}
	if u, err := url.Parse("http://" + host); err == nil {
		host = u.Hostname()
	}
	if host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}
