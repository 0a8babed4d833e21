package moderation

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Permissions of users, under the names that CloudLink planned.
const (
	DisableCommands  = "disable_commands"
	EnableCommands   = "enable_commands"
	CloseConnections = "close_connections"
	ChangeUserLimit  = "change_user_limit"
	ViewRooms        = "view_rooms"
	CreateRooms      = "create_rooms"
	ModifyRooms      = "modify_rooms"
	DeleteRooms      = "delete_rooms"
	ViewClientData   = "view_client_data"
	ModifyClientData = "modify_client_data"
	DeleteClientData = "delete_client_data"
	ViewClientIP     = "view_client_ip"
	AddAdminUsers    = "add_admin_users"
	ModifyAdminUsers = "modify_admin_users"
	DeleteAdminUsers = "delete_admin_users"
)

// Permissions lists all permissions.
var Permissions = []string{
	DisableCommands, EnableCommands, CloseConnections, ChangeUserLimit, ViewRooms, CreateRooms, ModifyRooms, DeleteRooms,
	ViewClientData, ModifyClientData, DeleteClientData, ViewClientIP, AddAdminUsers, ModifyAdminUsers, DeleteAdminUsers,
}

// AddressUnix in a user's address list lets clients of unix sockets in, which have no address.
const AddressUnix = "unix"

// loopback is the address list of users that are made without one.
var loopback = []string{"127.0.0.0/8", "::1"}

// User may administer the server from inside CL4.
type User struct {
	Username string `json:"username"`
	// Hash is the password's argon2id hash. It never leaves the server.
	Hash        string   `json:"hash,omitempty"`
	Permissions []string `json:"permissions"`
	// Addresses are addresses and ranges that the user may log in from, or AddressUnix.
	Addresses []string  `json:"addresses"`
	Created   time.Time `json:"created"`
}

// Limits on a user.
const (
	// MaxUsers bounds the users of a server.
	MaxUsers     = 1_000
	maxUsername  = 128
	maxAddresses = 256
)

// May tells whether the user has a permission.
func (u User) May(permission string) bool { return slices.Contains(u.Permissions, permission) }

// From tells whether the user may log in from an address, which is invalid for clients of unix sockets.
func (u User) From(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(u.Addresses, func(a string) bool {
		if !ip.IsValid() {
			return a == AddressUnix
		}
		p, err := exactPrefix(a)
		return err == nil && p.Contains(ip)
	})
}

// exactPrefix is ParsePrefix, but an IPv6 address alone is just that: what lets in is not as generous as what keeps
// out.
func exactPrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return ParsePrefix(s)
}

// Public is the user without its hash.
func (u User) Public() User {
	u.Hash = ""
	return u
}

func (u User) normalize() (User, error) {
	invalid := func(format string, args ...any) (User, error) {
		return u, fmt.Errorf("%w: %s", ErrInvalidUser, fmt.Sprintf(format, args...))
	}
	if u.Username == "" || len(u.Username) > maxUsername || !utf8.ValidString(u.Username) || strings.ContainsFunc(u.Username, invisible) {
		return invalid("a username has 1 to %d bytes of UTF-8 that can be seen", maxUsername)
	}
	if len(u.Addresses) == 0 {
		u.Addresses = loopback
	}
	if len(u.Addresses) > maxAddresses {
		return invalid("more than %d addresses", maxAddresses)
	}
	addresses := make([]string, len(u.Addresses))
	for i, a := range u.Addresses {
		if addresses[i] = AddressUnix; a == AddressUnix {
			continue
		}
		p, err := exactPrefix(a)
		if err != nil {
			return invalid("%v", err)
		}
		if addresses[i] = p.String(); p.IsSingleIP() {
			addresses[i] = p.Addr().String()
		}
	}
	permissions := slices.Clone(u.Permissions)
	slices.Sort(permissions)
	for _, p := range permissions {
		if !slices.Contains(Permissions, p) {
			return invalid("there is no permission %q", p)
		}
	}
	u.Addresses, u.Permissions, u.Created = addresses, slices.Compact(permissions), u.Created.UTC()
	return u, nil
}
