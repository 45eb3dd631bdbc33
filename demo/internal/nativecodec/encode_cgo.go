//go:build cgo

package nativecodec

/*
// Frame pointers let native profilers walk from C to the Go caller.
#cgo CFLAGS: -O2 -std=c11 -fno-omit-frame-pointer
#include "codec.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

const unavailable = ""

// encode runs the C encoder and copies its result.
func (c *Codec) encode(pixels []byte) ([]byte, error) {
	var size C.size_t
	out := C.packbits_encode((*C.uint8_t)(unsafe.SliceData(pixels)), C.size_t(len(pixels)), &size)
	if out == nil {
		return nil, errors.New("packbits: out of memory")
	}
	if !c.noFree.On() {
		defer C.packbits_free(out)
	}
	return C.GoBytes(unsafe.Pointer(out), C.int(size)), nil
}

// Outstanding returns how many C buffers were not freed.
func Outstanding() int { return int(C.packbits_outstanding()) }
