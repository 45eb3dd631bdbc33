// Package nativecodec encodes thumbnails as PackBits runs: by a C library where
// the service was built with cgo, in Go where it was not.
package nativecodec

import (
	"math/rand/v2"

	"plimsoll.dev/orders/internal/leaks"
)

// Leak: the buffer of the C library is not freed.
var Leak = leaks.Spec{
	Name:        "cgo",
	Class:       leaks.Native,
	Description: "The thumbnail encoder never frees the buffer that its C library returns.",
	Unavailable: unavailable,
	Note:        "About 6 MiB a minute at 40 requests a second, outside the Go heap: RSS grows, heap profiles do not. What is lost stays until the service ends.",
}

// Thumbnails are 96 x 96 RGB, 27 KiB, and hardly compress: 10 in 100 requests
// ask for one, which makes 6 MiB a minute at 40 requests a second.
const (
	thumbnailSide  = 96
	thumbnailBytes = thumbnailSide * thumbnailSide * 3
)

// Codec makes thumbnails.
type Codec struct{ noFree *leaks.Switch }

func New(noFree *leaks.Switch) *Codec { return &Codec{noFree: noFree} }

// Thumbnail draws the picture of a product and encodes it.
func (c *Codec) Thumbnail(productID int) ([]byte, error) { return c.encode(draw(productID)) }

// draw makes a grainy gradient, the same for the same product.
func draw(productID int) []byte {
	grain := rand.New(rand.NewPCG(uint64(productID), 7))
	pixels := make([]byte, thumbnailBytes)
	for i := range pixels {
		pixels[i] = byte(i*productID/thumbnailSide) + byte(grain.Uint32()%64)
	}
	return pixels
}

// packBits is the encoder in Go. It gives the same bytes as the one in C.
func packBits(in []byte) []byte {
	out := make([]byte, 0, len(in)+len(in)/128+1)
	for i := 0; i < len(in); {
		run := 1
		for i+run < len(in) && run < 128 && in[i+run] == in[i] {
			run++
		}
		if run > 1 {
			out = append(out, byte(257-run), in[i])
			i += run
			continue
		}
		literal := 1
		for i+literal < len(in) && literal < 128 && (i+literal+1 >= len(in) || in[i+literal] != in[i+literal+1]) {
			literal++
		}
		out = append(out, byte(literal-1))
		out = append(out, in[i:i+literal]...)
		i += literal
	}
	return out
}
