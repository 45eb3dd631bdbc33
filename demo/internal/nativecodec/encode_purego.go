//go:build !cgo

package nativecodec

const unavailable = "Needs cgo: this binary was built without a C compiler or with CGO_ENABLED=0, and encodes in Go."

func (c *Codec) encode(pixels []byte) ([]byte, error) { return packBits(pixels), nil }

// Outstanding returns how many C buffers were not freed: there are none.
func Outstanding() int { return 0 }
