// Package leaks is the list of the demo's switchable bugs. Every package that
// has one describes it in a Spec beside the faulty line and asks its Switch
// which of the two behaviours, the right or the wrong one, to take.
package leaks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Class says what carries the growth of a leak.
type Class string

const (
	Heap      Class = "heap"
	Goroutine Class = "goroutine"
	FD        Class = "fd"
	Native    Class = "native"
)

// Spec describes one leak.
type Spec struct {
	Name        string
	Class       Class
	Description string
	// Unavailable is the reason why the leak cannot be switched on in this
	// build; empty where it can.
	Unavailable string
	// Note is said whether or not the leak is available.
	Note string
}

// Switch turns one leak on and off. The nil Switch is always off.
type Switch struct {
	spec Spec
	on   atomic.Bool
}

// NewSwitch returns a switch that is off and belongs to no registry.
func NewSwitch(spec Spec) *Switch { return &Switch{spec: spec} }

// On tells whether the wrong behaviour is wanted.
func (s *Switch) On() bool { return s != nil && s.on.Load() }

// Set turns the leak on or off. An unavailable leak cannot be turned on.
func (s *Switch) Set(on bool) error {
	if on && s.spec.Unavailable != "" {
		return fmt.Errorf("%w: %s: %s", ErrUnavailable, s.spec.Name, s.spec.Unavailable)
	}
	s.on.Store(on)
	return nil
}

// State is a leak as GET /leaks shows it.
type State struct {
	Name        string `json:"name"`
	On          bool   `json:"on"`
	Class       Class  `json:"class"`
	Description string `json:"description"`
	Available   bool   `json:"available"`
	Note        string `json:"note"`
}

// State returns what is known of the leak at this moment.
func (s *Switch) State() State {
	note := s.spec.Note
	if s.spec.Unavailable != "" {
		note = s.spec.Unavailable
	}
	return State{
		Name: s.spec.Name, On: s.On(), Class: s.spec.Class, Description: s.spec.Description,
		Available: s.spec.Unavailable == "", Note: note,
	}
}

var (
	ErrUnknown     = errors.New("no such leak")
	ErrUnavailable = errors.New("leak is not available in this build")
)

// Registry holds the switches of one service.
type Registry struct {
	mu       sync.Mutex
	switches []*Switch // in order of registration
}

// Register adds a leak and returns its switch, which is off.
// A name that is registered twice is a bug of the demo and panics.
func (r *Registry) Register(spec Spec) *Switch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.switches, func(s *Switch) bool { return s.spec.Name == spec.Name }) {
		panic("leaks: registered twice: " + spec.Name)
	}
	s := NewSwitch(spec)
	r.switches = append(r.switches, s)
	return s
}

// Find returns the switch of a leak, or ErrUnknown with the names that exist.
func (r *Registry) Find(name string) (*Switch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.switches))
	for _, s := range r.switches {
		if s.spec.Name == name {
			return s, nil
		}
		names = append(names, s.spec.Name)
	}
	return nil, fmt.Errorf("%w: %q (there are %s)", ErrUnknown, name, strings.Join(names, ", "))
}

// States returns all leaks in order of registration.
func (r *Registry) States() []State {
	r.mu.Lock()
	defer r.mu.Unlock()
	states := make([]State, 0, len(r.switches))
	for _, s := range r.switches {
		states = append(states, s.State())
	}
	return states
}

// TurnOn switches on each leak of a comma-separated list.
func (r *Registry) TurnOn(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		s, err := r.Find(name)
		if err != nil {
			return err
		}
		if err := s.Set(true); err != nil {
			return err
		}
	}
	return nil
}
