package cl4

import "github.com/skeinhq/skein/codec"

// User is who a client is to other clients. It is a plain value; a changed copy replaces it when a name is set.
type User struct {
	ID       codec.ID
	Username string
	Named    bool // a username may be empty and still be set
}

// Object returns the user object, {"id","username","uuid"}, without username while there is none.
func (u User) Object() codec.Raw { return u.AppendObject(make([]byte, 0, u.ObjectSize())) }

// ObjectSize is the length of the user object if the name needs no escapes.
func (u User) ObjectSize() int {
	n := len(`{"id":"","uuid":""}`) + codec.ULIDLen + codec.UUIDLen
	if u.Named {
		n += len(`,"username":""`) + len(u.Username)
	}
	return n
}

// AppendObject appends the user object to dst.
func (u User) AppendObject(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = u.ID.AppendULID(dst)
	dst = append(dst, '"')
	if u.Named {
		dst = append(dst, `,"username":`...)
		dst = codec.AppendString(dst, u.Username)
	}
	dst = append(dst, `,"uuid":"`...)
	dst = u.ID.AppendUUID(dst)
	return append(dst, '"', '}')
}
