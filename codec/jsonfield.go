package codec

// null is the value of a field that was null.
var null = Raw("null")

// FieldValue returns what a field of a wire struct holds that was declared as a pointer, as the comment of Raw asks
// for: nothing when the key was absent, `null` when it was null. The result shares the memory of the field.
func FieldValue(field *Raw) Raw {
	if field == nil {
		return null
	}
	return *field
}
