// Package rounds sums up what was measured in several rounds.
package rounds

import "slices"

// Median is 0 when there is nothing. It leaves v as it is.
func Median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// Ratios compares values round by round: what else the machine did in a round met both.
func Ratios(v, base []float64) []float64 {
	var out []float64
	for i := range min(len(v), len(base)) {
		if base[i] > 0 {
			out = append(out, v[i]/base[i])
		}
	}
	return out
}
