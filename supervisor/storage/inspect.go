package storage

import (
	"cmp"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Inspection is what is in a file.
type Inspection struct {
	Path  string `json:"path"`
	Size  int64  `json:"size"` // bytes of the file
	Used  int64  `json:"used"` // bytes that hold something
	Rooms int    `json:"projects"`
	// ByDialect are the rooms of each space.
	ByDialect map[string]int `json:"projects_by_dialect"`
	Variables int            `json:"variables"`
	Bytes     int64          `json:"bytes"` // of names and values
	// Records are what operators have changed, by kind.
	Records map[string]int `json:"records"`
	// Largest are those with the most bytes, Oldest those that nobody has touched for longest.
	Largest []InspectedRoom `json:"largest"`
	Oldest  []InspectedRoom `json:"oldest"`
}

// InspectedRoom is a room in an Inspection.
type InspectedRoom struct {
	Dialect   string `json:"dialect"`
	Project   string `json:"project"`
	Variables int    `json:"variables"`
	Bytes     int64  `json:"bytes"`
	Touched   string `json:"touched"` // RFC 3339

	touched int64
}

// Inspect looks at every room, but not at its variables. It names that many of the largest and the oldest. What is
// damaged is passed over and returned beside the rest.
func (f *File) Inspect(most int) (Inspection, error) {
	f.measure()
	i := Inspection{
		Path: f.path, Size: f.Size(), Used: f.Used(),
		ByDialect: make(map[string]int), Records: make(map[string]int), Largest: []InspectedRoom{}, Oldest: []InspectedRoom{},
	}
	faults := f.EachRoom(func(r Room) error {
		i.Rooms++
		i.ByDialect[r.Space.String()]++
		i.Variables += r.Variables
		i.Bytes += r.Bytes
		room := InspectedRoom{r.Space.String(), r.Name, r.Variables, r.Bytes, stamp(r.Touched), r.Touched}
		i.Largest = insert(i.Largest, room, most, func(a, b InspectedRoom) int { return cmp.Compare(b.Bytes, a.Bytes) })
		i.Oldest = insert(i.Oldest, room, most, func(a, b InspectedRoom) int { return cmp.Compare(a.touched, b.touched) })
		return nil
	})
	err := f.view(func(tx *bolt.Tx) error {
		records := tx.Bucket(bucketRecords)
		return records.ForEachBucket(func(kind []byte) error {
			i.Records[string(kind)] = records.Bucket(kind).Stats().KeyN
			return nil
		})
	})
	if err == nil {
		err = faults
	}
	return i, err
}

// insert puts a room into a short list that is in order.
func insert(list []InspectedRoom, r InspectedRoom, most int, compare func(a, b InspectedRoom) int) []InspectedRoom {
	at, _ := slices.BinarySearchFunc(list, r, compare)
	if at >= most {
		return list
	}
	list = slices.Insert(list, at, r)
	return list[:min(len(list), most)]
}
