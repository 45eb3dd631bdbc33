//go:build go1.27

package main

// oldTimers: since Go 1.27 a ticker that is not stopped is always freed.
const oldTimers = false
