package scratch

import "github.com/skeinhq/skein/codec"

// eventRoom is what the fixed parts of an event take at most.
const eventRoom = len(`{"method":"rename","name":"","new_name":""}`)

func appendSet(dst []byte, name, value string) []byte {
	dst = append(dst, `{"method":"set","name":`...)
	return appendValue(dst, name, value)
}

func appendCreate(dst []byte, name, value string) []byte {
	dst = append(dst, `{"method":"create","name":`...)
	return appendValue(dst, name, value)
}

func appendValue(dst []byte, name, value string) []byte {
	dst = codec.AppendString(dst, name)
	dst = append(dst, `,"value":`...)
	dst = append(dst, value...)
	return append(dst, '}')
}

func appendRename(dst []byte, name, newName string) []byte {
	dst = append(dst, `{"method":"rename","name":`...)
	dst = codec.AppendString(dst, name)
	dst = append(dst, `,"new_name":`...)
	dst = codec.AppendString(dst, newName)
	return append(dst, '}')
}

func appendDelete(dst []byte, name string) []byte {
	dst = append(dst, `{"method":"delete","name":`...)
	dst = codec.AppendString(dst, name)
	return append(dst, '}')
}
