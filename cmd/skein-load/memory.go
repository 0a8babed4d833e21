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
	line := s.Points[1:]
	var mx, my float64
	for _, p := range line {
		mx += float64(p.Clients) / float64(len(line))
		my += float64(p.RSS) / float64(len(line))
	}
	var xy, xx float64
	for _, p := range line {
		dx := float64(p.Clients) - mx
		xy += dx * (float64(p.RSS) - my)
		xx += dx * dx
	}
	if s.BytesPerClient = s.FromEmpty; xx > 0 {
		s.BytesPerClient = xy / xx
	}
}
