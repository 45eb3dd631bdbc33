package nativecodec

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"plimsoll.dev/orders/internal/leaks"
)

func unpack(t *testing.T, in []byte) (out []byte) {
	t.Helper()
	for i := 0; i < len(in); {
		if n := int(in[i]); n < 128 {
			out = append(out, in[i+1:i+2+n]...)
			i += 2 + n
		} else {
			out = append(out, bytes.Repeat(in[i+1:i+2], 257-n)...)
			i += 2
		}
	}
	return out
}

func TestEncodersAgreeAndTheirResultUnpacksToTheInput(t *testing.T) {
	inputs := [][]byte{{}, {1}, {1, 1}, {1, 2}, {1, 2, 2}, bytes.Repeat([]byte{9}, 1000), draw(17)}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		in := make([]byte, rng.IntN(700))
		for i := range in {
			in[i] = byte(rng.IntN(3))
		}
		inputs = append(inputs, in)
	}
	for _, in := range inputs {
		got, err := New(nil).encode(in)
		if err != nil {
			t.Fatal(err)
		}
		if want := packBits(in); !bytes.Equal(got, want) {
			t.Fatalf("encode(%v) = %v, in Go %v", in, got, want)
		}
		if back := unpack(t, got); !bytes.Equal(back, in) {
			t.Fatalf("%v became %v", in, back)
		}
	}
}

func TestLeakKeepsTheBufferOfEveryThumbnailAndOffKeepsNoMore(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	c := New(leak)
	draw := func(n int) {
		for i := range n {
			if _, err := c.Thumbnail(i); err != nil {
				t.Fatal(err)
			}
		}
	}
	draw(50)
	if Outstanding() != 0 {
		t.Errorf("healthy: %d buffers outstanding", Outstanding())
	}
	if Leak.Unavailable != "" {
		if leak.Set(true) == nil {
			t.Error("the leak was switched on without cgo")
		}
		return
	}
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	draw(50)
	if Outstanding() != 50 {
		t.Errorf("with the leak on: %d buffers outstanding, want 50", Outstanding())
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	draw(50)
	if Outstanding() != 50 {
		t.Errorf("after switching off: %d buffers outstanding, want still 50", Outstanding())
	}
}

func TestThumbnailsHardlyCompress(t *testing.T) {
	picture, err := New(nil).Thumbnail(5)
	if err != nil {
		t.Fatal(err)
	}
	if len(picture) < thumbnailBytes*9/10 {
		t.Errorf("%d bytes of %d", len(picture), thumbnailBytes)
	}
}
