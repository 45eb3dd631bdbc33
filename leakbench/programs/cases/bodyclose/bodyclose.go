// Package bodyclose drops responses whose body is larger than the connection's buffers.
package bodyclose

import (
	"context"
	"io"
	"net/http"

	"plimsoll.dev/leakbench/harness"
)

func fetch(client *http.Client, url string, closes bool) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	if closes {
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
	}
	return err
}

func init() {
	harness.Register(harness.Case{
		Name: "bodyclose", Class: "fd", Pattern: "response body that is not closed",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/bodyclose.fetch",
			"net/http.(*persistConn).readLoop", "net/http.(*persistConn).writeLoop", "net/http.(*Transport).dialConn",
		},
		Rps: 10,
		Start: func(env *harness.Env, leak bool) (harness.Handler, error) {
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
			return func(context.Context, int) { _ = fetch(client, env.Peer+"/report", !leak) }, nil
		},
	})
}
