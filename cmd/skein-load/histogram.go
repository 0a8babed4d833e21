//go:build linux

package main

import (
	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histograms hold nanoseconds from 1 µs to 1 minute with three digits; what is longer counts as a minute.
const (
	histogramMin = 1_000
	histogramMax = 60_000_000_000
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(histogramMin, histogramMax, 3)
}

func record(h *hdrhistogram.Histogram, ns int64) {
	_ = h.RecordValue(min(max(ns, 0), histogramMax))
}

// An hdrState is a histogram on its way between processes and into a report: the interchange format of HdrHistogram.
type hdrState struct {
	Encoded []byte `json:"encoded"`
}

func saveHistogram(h *hdrhistogram.Histogram) *hdrState {
	if h == nil || h.TotalCount() == 0 {
		return nil
	}
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil
	}
	return &hdrState{Encoded: b}
}

// merge adds a saved histogram to h.
func (s *hdrState) merge(h *hdrhistogram.Histogram) error {
	if s == nil {
		return nil
	}
	o, err := hdrhistogram.Decode(s.Encoded)
	if err != nil {
		return err
	}
	h.Merge(o)
	return nil
}
