package storage

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// Every value in the file ends with a checksum of its bucket, its key and itself, so that a flipped bit is noticed
// when the value is read, wherever on the page it is.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const sealLen = 4 // bytes

// seal appends the checksum of a value to it.
func seal(bucket, key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(value, checksum(bucket, key, value))
}

// unseal returns what was sealed; it shares the memory of stored.
func unseal(bucket, key, stored []byte) ([]byte, error) {
	n := len(stored) - sealLen
	if n < 0 || checksum(bucket, key, stored[:n]) != binary.BigEndian.Uint32(stored[n:]) {
		return nil, fmt.Errorf("%w: the checksum of %q in %q does not match", ErrDamaged, key, bucket)
	}
	return stored[:n], nil
}

func checksum(bucket, key, value []byte) uint32 {
	sum := crc32.Update(0, castagnoli, bucket)
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, value)
}
