// Leaks as services have them, several files each, drawn before any rule was read; the twins differ in the one detail that decides.
import { describeServiceShapes, type ServiceShape } from '../../testing/service-shapes.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const SHAPES: readonly ServiceShape[] = [
  {
    name: 'workers whose feed ends with an error',
    kind: 'goroutine',
    pattern: 'goroutine-blocked-receive',
    source: `
-- m/resize/resize.go --
package resize

import (
	"bufio"
	"io"
	"strings"
	"sync"
)

type Resizer struct {
	workers int
	do      func(string)
}

func (r *Resizer) Run(list io.Reader) error {
	paths := make(chan string) // hold fix
	var wg sync.WaitGroup
	for i := 0; i < r.workers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for p := range paths { // culprit hold
				r.do(p)
			}
		}()
	}
	sc := bufio.NewScanner(list)
	for sc.Scan() {
		paths <- strings.TrimSpace(sc.Text())
	}
	if err := sc.Err(); err != nil { // fix
		return err // fix
	}
	close(paths)
	wg.Wait()
	return nil
}
`,
    twin: [
      [
        '\tif err := sc.Err(); err != nil { // fix\n\t\treturn err // fix\n\t}\n\tclose(paths)\n\twg.Wait()\n\treturn nil',
        '\tclose(paths)\n\twg.Wait()\n\treturn sc.Err()',
      ],
    ],
  },
  {
    name: 'a group that counts what is skipped',
    kind: 'goroutine',
    pattern: 'waitgroup-never-done',
    source: `
-- m/fan/fan.go --
package fan

import (
	"net/url"
	"sync"
)

type Result struct {
	URL string
	N   int
}

func Crawl(urls []string, fetch func(*url.URL) int) <-chan Result {
	out := make(chan Result, len(urls))
	var wg sync.WaitGroup
	for _, raw := range urls {
		wg.Add(1) // hold fix
		u, err := url.Parse(raw)
		if err != nil { // fix
			continue // fix
		}
		go func() {
			defer wg.Done() // hold
			out <- Result{URL: raw, N: fetch(u)}
		}()
	}
	go func() {
		wg.Wait() // culprit hold
		close(out)
	}()
	return out
}
`,
    twin: [
      ['\t\twg.Add(1) // hold fix\n', ''],
      ['\t\tgo func() {\n\t\t\tdefer wg.Done()', '\t\twg.Add(1)\n\t\tgo func() {\n\t\t\tdefer wg.Done()'],
    ],
  },
  {
    name: 'a read lock that an early return keeps',
    kind: 'goroutine',
    pattern: 'goroutine-blocked-lock',
    source: `
-- m/routes/routes.go --
package routes

import (
	"errors"
	"sync"
)

type Table struct {
	mu     sync.RWMutex
	routes map[string]string
}

var ErrNotFound = errors.New("not found")

func (t *Table) Lookup(host string) (string, error) {
	t.mu.RLock() // hold fix
	to, ok := t.routes[host]
	if !ok {
		return "", ErrNotFound
	}
	t.mu.RUnlock()
	return to, nil
}

func (t *Table) Update(routes map[string]string) {
	t.mu.Lock() // culprit hold
	defer t.mu.Unlock()
	t.routes = routes
}
`,
    twin: [['\t\treturn "", ErrNotFound', '\t\tt.mu.RUnlock()\n\t\treturn "", ErrNotFound']],
  },
  {
    name: 'a database opened for every request',
    kind: 'goroutine',
    pattern: 'conn-not-closed',
    source: `
-- m/report/report.go --
package report

import (
	"database/sql"
	"fmt"
	"net/http"
)

type Handler struct{ dsn string }

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	db, err := sql.Open("postgres", h.dsn) // culprit hold
	if err != nil {
		http.Error(w, "db", http.StatusInternalServerError)
		return
	} // fix
	var n int
	if err := db.QueryRowContext(r.Context(), "select count(*) from sales").Scan(&n); err != nil {
		http.Error(w, "query", http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, n)
}
`,
    twin: [['\tvar n int\n', '\tdefer db.Close()\n\tvar n int\n']],
  },
  {
    name: 'a process that nobody waits for',
    kind: 'fd',
    pattern: 'process-not-waited',
    source: `
-- m/thumb/thumb.go --
package thumb

import (
	"io"
	"os/exec"
)

func Render(path string, w io.Writer) error {
	cmd := exec.Command("ffmpeg", "-i", path, "-f", "image2pipe", "-")
	out, err := cmd.StdoutPipe() // hold
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil { // culprit hold fix
		return err
	} // fix
	_, err = io.Copy(w, out)
	return err // fix
}
`,
    twin: [
      [
        '\t_, err = io.Copy(w, out)\n\treturn err // fix',
        '\tif _, err = io.Copy(w, out); err != nil {\n\t\t_ = cmd.Process.Kill()\n\t}\n\treturn cmd.Wait()',
      ],
    ],
  },
  {
    name: 'an archive without what is looked for',
    kind: 'fd',
    pattern: 'not-closed',
    source: `
-- m/upload/upload.go --
package upload

import (
	"archive/zip"
	"errors"
)

func Manifest(path string) ([]byte, error) {
	z, err := zip.OpenReader(path) // culprit hold
	if err != nil {
		return nil, err
	} // fix
	f, err := z.Open("manifest.json")
	if err != nil {
		return nil, errors.New("no manifest")
	}
	defer f.Close()
	b := make([]byte, 4096)
	n, err := f.Read(b)
	z.Close()
	return b[:n], err
}
`,
    twin: [
      ['\tf, err := z.Open(', '\tdefer z.Close()\n\tf, err := z.Open('],
      ['\tz.Close()\n\treturn b', '\treturn b'],
    ],
  },
  {
    name: 'a client with a goroutine for every request',
    kind: 'goroutine',
    pattern: 'goroutine-no-exit',
    source: `
-- m/flags/flags.go --
package flags

import (
	"sync/atomic"
	"time"
)

type Client struct {
	url  string
	set  atomic.Pointer[map[string]bool]
	stop chan struct{}
}

func NewClient(url string) *Client {
	c := &Client{url: url, stop: make(chan struct{})}
	go c.refresh() // hold
	return c
}

func (c *Client) refresh() {
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select { // culprit hold
		case <-t.C:
			c.load()
		case <-c.stop:
			return
		}
	}
}

func (c *Client) load() {}

func (c *Client) On(name string) bool {
	m := c.set.Load()
	return m != nil && (*m)[name]
}

func (c *Client) Close() { close(c.stop) }
-- m/web/web.go --
package web

import (
	"net/http"

	"m/flags"
)

type Checkout struct{ flagsURL string }

func (h *Checkout) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fc := flags.NewClient(h.flagsURL) // fix hold
	if fc.On("new-checkout") {
		w.Write([]byte("new"))
		return
	}
	w.Write([]byte("old"))
}
-- m/main.go --
package main

import (
	"net/http"

	"m/flags"
	"m/web"
)

func main() {
	global := flags.NewClient("http://flags")
	defer global.Close()
	http.Handle("/checkout", &web.Checkout{})
	http.ListenAndServe(":8080", nil)
}
`,
    twin: [
      [
        '\tfc := flags.NewClient(h.flagsURL) // fix hold',
        '\tfc := flags.NewClient(h.flagsURL)\n\tdefer fc.Close()',
      ],
    ],
  },
  {
    name: 'a connection that is refused and stays open',
    kind: 'fd',
    pattern: 'conn-not-closed',
    source: `
-- m/srv/srv.go --
package srv

import (
	"bufio"
	"crypto/subtle"
	"log"
	"net"
)

type Server struct{ secret []byte }

func (s *Server) Serve(l net.Listener) error {
	for {
		c, err := l.Accept() // culprit hold
		if err != nil {
			return err
		}
		go s.serve(c)
	}
}

func (s *Server) serve(c net.Conn) { // fix
	br := bufio.NewReader(c) // fix
	line, err := br.ReadBytes('\\n')
	if err != nil || subtle.ConstantTimeCompare(line, s.secret) != 1 { // fix
		log.Printf("refused %v", c.RemoteAddr()) // fix
		return // fix
	}
	defer c.Close()
	for {
		if _, err := br.ReadBytes('\\n'); err != nil {
			return
		}
	}
}
`,
    twin: [
      ['\tbr := bufio.NewReader(c) // fix', '\tdefer c.Close()\n\tbr := bufio.NewReader(c)'],
      ['\tdefer c.Close()\n\tfor {', '\tfor {'],
    ],
  },
  {
    name: 'a watch with a context that never ends',
    kind: 'goroutine',
    pattern: 'goroutine-no-exit',
    source: `
-- m/registry/registry.go --
package registry

import (
	"context"
	"time"
)

type Resolver struct {
	poll func(context.Context, string) []string
}

func (r *Resolver) Watch(ctx context.Context, service string, update func([]string)) {
	go func() { // hold
		for {
			select { // culprit hold
			case <-time.After(5 * time.Second):
				update(r.poll(ctx, service))
			case <-ctx.Done():
				return
			}
		}
	}()
}
-- m/gw/gw.go --
package gw

import (
	"context"
	"net/http"
	"sync"

	"m/registry"
)

type Gateway struct {
	res *registry.Resolver
	mu  sync.Mutex
	eps map[string][]string
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := r.Host
	g.res.Watch(context.Background(), service, func(eps []string) { // fix hold
		g.mu.Lock()
		g.eps[service] = eps
		g.mu.Unlock()
	})
	w.WriteHeader(http.StatusAccepted)
}
`,
    twin: [['g.res.Watch(context.Background(), service', 'g.res.Watch(r.Context(), service']],
  },
];

describeServiceShapes('explainSource for goroutines of services', await openGoParser(), SHAPES);
