package harness

import (
	"fmt"
	"math"
)

// Shape is the rate of requests, as a multiple of the case's mean, at a second of a run of so many seconds.
type Shape func(at, seconds float64) float64

// swing is the period of the shape of that name, in seconds.
const swing = 180

var shapes = map[string]Shape{
	"swing": func(at, _ float64) float64 { return 1 + 0.25*math.Sin(2*math.Pi*at/swing) },
	"flat":  func(_, _ float64) float64 { return 1 },
	"ramp":  func(at, seconds float64) float64 { return 0.4 + 1.2*min(1, at/seconds) },
	// Two days within a run.
	"diurnal": func(at, seconds float64) float64 { return 1 - 0.75*math.Cos(4*math.Pi*at/seconds) },
	// Three crowds, each for a ninth of the run.
	"bursts": func(at, seconds float64) float64 {
		if math.Mod(3*at/seconds, 1) > 2./3 {
			return 2.2
		}
		return 0.4
	},
	"step": func(at, seconds float64) float64 {
		if at > 0.45*seconds {
			return 1.5
		}
		return 0.5
	},
	"stop": func(at, seconds float64) float64 {
		if at > 0.7*seconds {
			return 0
		}
		return 1.3
	},
}

// ShapeNamed returns one of the shapes of load: swing, flat, ramp, diurnal, bursts, step, stop.
func ShapeNamed(name string) (Shape, error) {
	shape, ok := shapes[name]
	if !ok {
		return nil, fmt.Errorf("no shape of load is called %q", name)
	}
	return shape, nil
}
