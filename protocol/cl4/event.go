package cl4

import "github.com/skeinhq/skein/codec"

// DefaultRoom is the room that every client is in until it links to others.
const DefaultRoom = "default"

// ServerVersion is what clients are told; they insist on "0.2." and know no other server.
const ServerVersion = "0.2.0"

// The events below are encoded once and then shared by everybody who receives them.

// Broadcast encodes gmsg and gvar. name is nil for gmsg; listener is only for the sender's own copy.
func Broadcast(cmd string, name, val codec.Raw, room string, listener codec.Raw) *codec.Frame {
	b := codec.NewFrameBuffer(48 + len(cmd) + len(name) + len(val) + len(room) + len(listener))
	b = appendCmd(b, cmd)
	b = appendField(b, "name", name)
	b = appendField(b, "val", val)
	b = appendRoom(b, room)
	b = appendField(b, "listener", listener)
	return codec.FinishText(append(b, '}'))
}

// Private encodes pmsg and pvar. name is nil for pmsg.
func Private(cmd string, name, val, origin codec.Raw, room string) *codec.Frame {
	b := codec.NewFrameBuffer(56 + len(cmd) + len(name) + len(val) + len(origin) + len(room))
	b = appendCmd(b, cmd)
	b = appendField(b, "name", name)
	b = appendField(b, "val", val)
	b = appendField(b, "origin", origin)
	b = appendRoom(b, room)
	return codec.FinishText(append(b, '}'))
}

// Direct encodes direct. Unlike elsewhere the recipient gets the listener of the request.
func Direct(val, origin, listener codec.Raw) *codec.Frame {
	b := codec.NewFrameBuffer(56 + len(val) + len(origin) + len(listener))
	b = appendCmd(b, "direct")
	b = appendField(b, "val", val)
	b = appendField(b, "origin", origin)
	b = appendField(b, "listener", listener)
	return codec.FinishText(append(b, '}'))
}

// Greeting encodes the messages of the first handshake that carry only a value: client_ip, server_version, motd
// and client_obj.
func Greeting(cmd string, val codec.Raw) *codec.Frame {
	b := codec.NewFrameBuffer(32 + len(cmd) + len(val))
	b = appendCmd(b, cmd)
	b = appendField(b, "val", val)
	return codec.FinishText(append(b, '}'))
}

// UserChange encodes the ulist modes `add` and `remove`.
func UserChange(mode string, object codec.Raw, room string) *codec.Frame {
	b := codec.NewFrameBuffer(56 + len(object) + len(room))
	b = append(b, `{"cmd":"ulist","mode":"`...)
	b = append(b, mode...)
	b = append(b, '"')
	b = appendField(b, "val", object)
	b = appendRoom(b, room)
	return codec.FinishText(append(b, '}'))
}

// UserList encodes the ulist mode `set`. size is a guess of the bytes that objects will append, each object
// followed by a comma.
func UserList(size int, appendObjects func([]byte) []byte, room string) *codec.Frame {
	b := codec.NewFrameBuffer(56 + size + len(room))
	b = append(b, `{"cmd":"ulist","mode":"set","val":[`...)
	b = appendObjects(b)
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	b = append(b, ']')
	b = appendRoom(b, room)
	return codec.FinishText(append(b, '}'))
}

func appendCmd(b []byte, cmd string) []byte {
	b = append(b, `{"cmd":"`...)
	b = append(b, cmd...) // names of built-in commands need no escaping
	return append(b, '"')
}

func appendRoom(b []byte, room string) []byte {
	b = append(b, `,"rooms":`...)
	return codec.AppendString(b, room)
}
