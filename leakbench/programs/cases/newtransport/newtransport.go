// Package newtransport makes an HTTP client with its own connections for each request.
package newtransport

import (
	"context"
	"io"
	"net/http"

	"plimsoll.dev/leakbench/harness"
)

func newClient() *http.Client { return &http.Client{Transport: &http.Transport{}} }

func fetch(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func init() {
	harness.Register(harness.Case{
		Name: "newtransport", Class: "fd", Pattern: "a transport for each request keeps its idle connection",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/newtransport.fetch", "plimsoll.dev/leakbench/cases/newtransport.newClient",
			"net/http.(*persistConn).readLoop", "net/http.(*persistConn).writeLoop", "net/http.(*Transport).dialConn",
		},
		Rps: 10,
		Start: func(env *harness.Env, leak bool) (harness.Handler, error) {
			shared := newClient()
			return func(context.Context, int) {
				client := shared
				if leak {
					client = newClient()
				}
				_ = fetch(client, env.Peer+"/page")
			}, nil
		},
	})
}
