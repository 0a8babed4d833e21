package admin

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"
)

// A listing is kept for at least minListing, and for listingShare times as long as it took to make: however many rows
// there are and however many people look at them, making lists takes 2 % of a core at most.
const (
	minListing   = time.Second
	listingShare = 50
	forgetAfter  = time.Minute // without anybody who looks
	maxViews     = 16          // orders and filters of one snapshot
)

// listing is a snapshot of rows, ordered by id, and what was asked of it. It lets pages be turned without looking at
// all rows for each.
type listing[R any] struct {
	// load returns the rows of now in any order; compareID is their order.
	load      func() []R
	compareID func(a, b *R) int
	// cursorID is a row's id as a text, and compareText compares a row with one.
	cursorID    func(*R) string
	compareText func(r *R, id string) int
	// carry takes over from the snapshot before what only two can tell, for a row that is in both. Nil: nothing.
	carry func(old, new *R, since time.Duration)
	now   func() time.Time

	mu     sync.Mutex
	rows   []R
	made   time.Time
	cost   time.Duration
	views  map[string][]place
	forget *time.Timer
}

// place is where a row stands in a view.
type place struct {
	text   string
	number int64
	row    int32
}

// query says which rows, and in which order.
type query[R any] struct {
	name string // tells it from others; rows of queries with one name are the same
	keep func(*R) bool
	// key is what is sorted by, before the id. Nil means the id alone.
	key   func(*R) (text string, number int64)
	down  bool
	limit int
	after *cursor
}

// cursor is the last row of the page before.
type cursor struct {
	Text   []byte `json:"t,omitempty"` // may be any bytes
	Number int64  `json:"n,omitempty"`
	ID     string `json:"i"`
}

func (c cursor) String() string {
	b, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(text string) (*cursor, bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	c := new(cursor)
	if err != nil || json.Unmarshal(b, c) != nil {
		return nil, false
	}
	return c, true
}

// page returns the rows of a page, how many fit in all, and the cursor of the next page, empty on the last one.
func (l *listing[R]) page(q query[R]) (rows []R, total int, next string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refresh()
	view, n := l.view(&q)
	at := func(i int) *place {
		if view == nil {
			return &place{row: int32(i)}
		}
		return &view[i]
	}
	first := 0
	if q.after != nil {
		first = sort.Search(n, func(i int) bool { return l.behind(at(l.index(i, n, q.down)), q.after, q.down) })
	}
	end := min(first+q.limit, n)
	for i := first; i < end; i++ {
		rows = append(rows, l.rows[at(l.index(i, n, q.down)).row])
	}
	if end < n && end > first {
		last := at(l.index(end-1, n, q.down))
		next = cursor{[]byte(last.text), last.number, l.cursorID(&l.rows[last.row])}.String()
	}
	return rows, n, next
}

// find returns the row with an id.
func (l *listing[R]) find(id string) (row R, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refresh()
	i := sort.Search(len(l.rows), func(i int) bool { return l.compareText(&l.rows[i], id) >= 0 })
	if i == len(l.rows) || l.compareText(&l.rows[i], id) != 0 {
		return row, false
	}
	return l.rows[i], true
}

func (l *listing[R]) index(i, n int, down bool) int {
	if down {
		return n - 1 - i
	}
	return i
}

// behind tells whether a row comes behind a cursor.
func (l *listing[R]) behind(p *place, c *cursor, down bool) bool {
	order := cmp.Or(strings.Compare(p.text, string(c.Text)), cmp.Compare(p.number, c.Number))
	if order == 0 {
		order = l.compareText(&l.rows[p.row], c.ID)
	}
	if down {
		return order < 0
	}
	return order > 0
}

// refresh makes a new snapshot when the old one is too old. l.mu is held.
func (l *listing[R]) refresh() {
	now := l.now()
	if l.forget == nil {
		l.forget = time.AfterFunc(forgetAfter, l.clear)
	}
	l.forget.Reset(forgetAfter)
	age := now.Sub(l.made)
	if l.rows != nil && age < max(minListing, listingShare*l.cost) {
		return
	}
	start := time.Now()
	rows := l.load()
	sort.Slice(rows, func(i, j int) bool { return l.compareID(&rows[i], &rows[j]) < 0 })
	if l.carry != nil {
		for i, j := 0, 0; i < len(rows) && j < len(l.rows); {
			switch order := l.compareID(&rows[i], &l.rows[j]); {
			case order < 0:
				i++
			case order > 0:
				j++
			default:
				l.carry(&l.rows[j], &rows[i], age)
				i, j = i+1, j+1
			}
		}
	}
	if rows == nil {
		rows = []R{}
	}
	l.rows, l.made, l.views = rows, now, nil
	l.cost = time.Since(start)
}

func (l *listing[R]) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows, l.views = nil, nil
}

// stop ends the timer.
func (l *listing[R]) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forget != nil {
		l.forget.Stop()
	}
}

// view returns the rows of a query in ascending order; nil stands for all rows by id. l.mu is held.
func (l *listing[R]) view(q *query[R]) (view []place, n int) {
	if q.keep == nil && q.key == nil {
		return nil, len(l.rows)
	}
	if v, ok := l.views[q.name]; ok {
		return v, len(v)
	}
	start := time.Now()
	view = []place{}
	for i := range l.rows {
		r := &l.rows[i]
		if q.keep != nil && !q.keep(r) {
			continue
		}
		p := place{row: int32(i)}
		if q.key != nil {
			p.text, p.number = q.key(r)
		}
		view = append(view, p)
	}
	if q.key != nil {
		slices.SortStableFunc(view, func(a, b place) int {
			return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.number, b.number))
		})
	}
	if l.views == nil || len(l.views) >= maxViews {
		l.views = make(map[string][]place)
	}
	l.views[q.name] = view
	l.cost += time.Since(start)
	return view, len(view)
}
