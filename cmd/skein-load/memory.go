//go:build linux

package main

// A MemoryPoint is the server's resident memory with so many clients.
type MemoryPoint struct {
	Clients int   `json:"clients"`
	RSS     int64 `json:"rss_bytes"`
}

// A Slope is how memory grows with clients.
type Slope struct {
	Points         []MemoryPoint `json:"points"`
	BytesPerClient float64       `json:"bytes_per_client"` // least squares over all points but the first
	FromEmpty      float64       `json:"bytes_per_client_from_empty"`
}

// fit computes the slopes. The empty server is left out of the line: its first clients also pay for what any number
// of clients needs.
func (s *Slope) fit() {
	if len(s.Points) < 2 {
		return
	}
	first, last := s.Points[0], s.Points[len(s.Points)-1]
	if n := last.Clients - first.Clients; n > 0 {
		s.FromEmpty = float64(last.RSS-first.RSS) / float64(n)
	}
	var x, y []float64
	for _, p := range s.Points[1:] {
		x, y = append(x, float64(p.Clients)), append(y, float64(p.RSS))
	}
	if s.BytesPerClient = s.FromEmpty; len(x) > 1 && x[0] != x[len(x)-1] {
		s.BytesPerClient, _ = fitLine(x, y)
	}
}
