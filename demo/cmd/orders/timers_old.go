//go:build !go1.27

//go:debug asynctimerchan=1

package main

// oldTimers: the directive above brings back the timers before Go 1.23, which
// the collector does not free before they are stopped. Go 1.27 no longer has
// them.
const oldTimers = true
