// Package harness is what every program of the benchmark shares: a small service with a catalogue in
// memory, metrics, pprof and load from inside. A case adds one mistake, or the same code without it.
package harness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sort"

	"github.com/prometheus/client_golang/prometheus"
)

// Handler does the work of one request. Requests run in goroutines of their own.
type Handler func(ctx context.Context, request int)

// Env is what a case may use.
type Env struct {
	// Peer is the base URL of a second process that answers HTTP.
	Peer string
	// PeerAddress is its host and port.
	PeerAddress string
	// Dir is a folder that goes with the process.
	Dir string
	// Registry is what /metrics serves.
	Registry prometheus.Registerer
	// Seconds is how long the program is going to run.
	Seconds float64
}

// Case is one program with its truth.
type Case struct {
	Name string `json:"name"`
	// Class is what the leak is of: heap, goroutine, fd, thread, native.
	Class string `json:"class"`
	// Pattern is the mistake in a few words.
	Pattern string `json:"pattern"`
	// Culprits are the functions any of which is a right answer, as a profile spells them.
	Culprits []string `json:"culprits"`
	// HealthyOnly programs have no leaking variant: they look like a leak and are none.
	HealthyOnly bool `json:"healthyOnly"`
	// Verdicts that are right for the healthy variant; empty = no-growth or load-driven.
	Verdicts []string `json:"verdicts"`
	// Rps is the mean load; 0 = 40 requests a second.
	Rps float64 `json:"rps"`
	// Start makes the handler. leak tells which variant runs.
	Start func(env *Env, leak bool) (Handler, error) `json:"-"`
}

var cases = map[string]Case{}

// Register adds a case; its package calls it from init.
func Register(c Case) {
	if _, taken := cases[c.Name]; taken {
		panic(fmt.Sprintf("case %q is there twice", c.Name))
	}
	if c.Rps == 0 {
		c.Rps = 40
	}
	if len(c.Verdicts) == 0 {
		c.Verdicts = []string{"no-growth", "load-driven"}
	}
	cases[c.Name] = c
}

// Cases lists all of them by name.
func Cases() []Case {
	all := make([]Case, 0, len(cases))
	for _, c := range cases {
		all = append(all, c)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}

// Find returns the case of this name.
func Find(name string) (Case, bool) {
	c, ok := cases[name]
	return c, ok
}

// Some reports true for about this share of calls.
func Some(share float64) bool { return rand.Float64() < share }
