package moderation

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost of hashing a password with argon2id: 19 MiB and two passes, OWASP's minimum, some 30 ms of one core.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// Bounds on what a hash may ask for, so that a damaged file cannot take the machine down.
const (
	maxArgonTime    = 16
	maxArgonMemory  = 256 << 10
	maxArgonThreads = 16
)

// Bounds on a password, in bytes.
const (
	MinPassword = 8
	MaxPassword = 1024
)

// ErrPassword is returned for passwords that are too short or too long to be kept.
var ErrPassword = fmt.Errorf("a password has %d to %d bytes", MinPassword, MaxPassword)

// HashPassword hashes a password with argon2id and a salt of its own, in the usual text form ($argon2id$v=19$...).
func HashPassword(password string) (string, error) {
	if len(password) < MinPassword || len(password) > MaxPassword {
		return "", ErrPassword
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, text(salt), text(key)), nil
}

// passwordHash is a hash as it is computed with.
type passwordHash struct {
	time, memory uint32
	threads      uint8
	salt, key    []byte
}

var errHash = errors.New("not an argon2id hash")

// parseHash reads what HashPassword, or another program, has written.
func parseHash(text string) (h passwordHash, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); n != 3 || err != nil {
		return h, errHash
	}
	if h.time < 1 || h.time > maxArgonTime || h.memory < 8 || h.memory > maxArgonMemory || h.threads < 1 || h.threads > maxArgonThreads {
		return h, fmt.Errorf("%w: its cost is out of bounds", errHash)
	}
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return h, errHash
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return h, errHash
	}
	return h, nil
}

// matches computes the hash of a password, which takes time and memory, and compares it in constant time.
func (h *passwordHash) matches(password string) bool {
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1
}

// VerifyHash tells whether a hash of HashPassword is that of a password. It takes as long as Users.Verify.
func VerifyHash(hash, password string) bool {
	h, err := parseHash(hash)
	return err == nil && h.matches(password)
}

// nobody is compared with where there is no user, so that an answer takes as long as for one.
var nobody = passwordHash{
	time: argonTime, memory: argonMemory, threads: argonThreads,
	salt: make([]byte, argonSalt), key: make([]byte, argonKey),
}
