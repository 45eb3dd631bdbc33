//go:build cgo

package main

import _ "plimsoll.dev/leakbench/cases/cgomalloc"
