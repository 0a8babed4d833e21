package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The two heads of a bbolt file, as far as they tell how long it has to be: where they are, and what they hold behind
// the 16 bytes that every page begins with.
const (
	headMagic    = 0xED0CDAED
	headAt       = 16
	headPageSize = 8
	headPages    = 40 // of the file
	headTx       = 48
	headSum      = 56 // FNV-1a of what is before it
	headLen      = 64
)

// checkLength refuses a file that is shorter than its heads say, before anybody walks off its end.
func checkLength(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err // an empty one is made into a file
	}
	// Pages have the size of the system that has made the file.
	var latest, want uint64
	for size := int64(0); size <= 64<<10; size = max(1<<10, size*2) {
		tx, length, ok := readHead(file, size)
		if ok && tx >= latest {
			latest, want = tx, length
		}
	}
	if uint64(info.Size()) < max(want, headAt+headLen) {
		return fmt.Errorf("%s: %w: it was cut off after %d bytes of %d; restore a copy, or move it away to begin with nothing",
			path, ErrDamaged, info.Size(), max(want, headAt+headLen))
	}
	return nil
}

// readHead reads a head at some place, if there is one. Where numbers are big-endian none is found, and bbolt has to
// find out by itself.
func readHead(r io.ReaderAt, at int64) (tx, length uint64, ok bool) {
	var b [headLen]byte
	if _, err := r.ReadAt(b[:], at+headAt); err != nil {
		return 0, 0, false
	}
	sum := fnv.New64a()
	sum.Write(b[:headSum])
	if binary.LittleEndian.Uint32(b[:]) != headMagic || binary.LittleEndian.Uint64(b[headSum:]) != sum.Sum64() {
		return 0, 0, false
	}
	page := uint64(binary.LittleEndian.Uint32(b[headPageSize:]))
	return binary.LittleEndian.Uint64(b[headTx:]), binary.LittleEndian.Uint64(b[headPages:]) * page, true
}
