package codec

// MarshalJSON implements json.Marshaler, so that values of clients can be parts of what plugins send.
func (r Raw) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

// UnmarshalJSON implements json.Unmarshaler. Unlike UnmarshalEasyJSON it copies.
func (r *Raw) UnmarshalJSON(text []byte) error {
	*r = append(Raw(nil), text...)
	return nil
}
