//go:build linux

package main

import _ "plimsoll.dev/leakbench/cases/mmap"
