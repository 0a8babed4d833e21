package config

import "strings"

// DidYouMean is a remark on the candidate that looks most like a mistyped word, such as ` (did you mean "x"?)`. It is
// empty when none is close.
func DidYouMean(word string, candidates []string) string {
	if near := closest(word, candidates); near != "" {
		return ` (did you mean "` + near + `"?)`
	}
	return ""
}

// closest is the candidate that looks most like a word, if any does.
func closest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+2
	folded := fold(word)
	for _, c := range candidates {
		if d := distance(folded, fold(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// fold makes the spellings of one name in flags, variables and files the same.
func fold(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

// distance is the number of letters to insert, remove, replace or swap with their neighbour to get from a to b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
