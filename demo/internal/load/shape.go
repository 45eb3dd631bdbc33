// Package load makes requests to the shop as its customers would, more by day
// than by night.
package load

import (
	"math"
	"time"
)

const (
	// nightShare of the full rate is left at the quietest hour.
	nightShare = 0.35
	// quietestHour of the day; the busiest is twelve hours later.
	quietestHour = 4
)

// Share returns the part of the full rate, from nightShare to 1, that is right
// for an hour of the day (0 to 24, with fractions; others wrap around).
//
//	1.00 |            .-''''-.
//	     |         .-'        '-.
//	0.35 |_'-.__.-'              '-._
//	     0   4        12  16        24 h
func Share(hour float64) float64 {
	wave := (1 - math.Cos(2*math.Pi*(hour-quietestHour)/24)) / 2
	return nightShare + (1-nightShare)*wave
}

// Hour returns the hour of the simulated day after some real time has passed.
func Hour(startHour float64, elapsed, day time.Duration) float64 {
	return math.Mod(startHour+24*elapsed.Seconds()/day.Seconds(), 24)
}
