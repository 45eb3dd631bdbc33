// Package silentpeer waits for a peer that never answers, without a deadline.
package silentpeer

import (
	"context"
	"net"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func probe(address string, patience time.Duration) error {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	if patience > 0 {
		if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
	}
	_, err = connection.Read(make([]byte, 1))
	return err
}

// silent stays reachable: the collector would close it.
var silent net.Listener

// listenSilently accepts into its backlog only: nobody ever reads or writes.
func listenSilently() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	silent = listener
	return listener.Addr().String(), nil
}

func init() {
	harness.Register(harness.Case{
		Name: "silentpeer", Class: "fd", Pattern: "read from a connection without a deadline",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/silentpeer.probe",
			"plimsoll.dev/leakbench/cases/silentpeer.init.0.func1.1.1",
			"plimsoll.dev/leakbench/cases/silentpeer.init.0.func1.1",
		},
		Rps: 8,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			address, err := listenSilently()
			if err != nil {
				return nil, err
			}
			patience := 100 * time.Millisecond
			if leak {
				patience = 0
			}
			return func(context.Context, int) { _ = probe(address, patience) }, nil
		},
	})
}
