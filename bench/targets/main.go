// Targets stands in for many Go services at once: it serves what one real
// service answered, on as many ports as are asked for.
//
// The bodies are captures of the demo service under load: the same /metrics,
// heap and goroutine profiles, byte for byte but for the values of /metrics,
// which move: counters go on at the rate between two captures, and everything
// else swings between the two. No instance leaks. One process serves all ports,
// so that fifty targets cost the machine little beside what watches them.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// age is how old every instance says it is: past its warm-up.
const age = time.Hour

// swing is the time in which levels go from one capture to the other and back.
const swing = 2 * time.Minute

func main() {
	log.SetFlags(0)
	log.SetPrefix("targets: ")
	captures := flag.String("captures", "", "`folder` with metrics-0.prom, metrics-1.prom, heap-*.pb.gz, goroutine-*.pb.gz, index.html, cmdline")
	count := flag.Int("count", 1, "`number` of instances, each on a port of its own")
	between := flag.Duration("between", 15*time.Second, "time between the two captures of /metrics")
	scale := flag.Float64("time-scale", 1, "how much faster values move")
	flag.Parse()
	if err := run(*captures, *count, *between, *scale); err != nil {
		log.Fatal(err)
	}
}

func run(folder string, count int, between time.Duration, scale float64) error {
	body, err := readBodies(folder)
	if err != nil {
		return err
	}
	started := time.Now()
	addresses := make([]string, count)
	for i := range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addresses[i] = listener.Addr().String()
		t := &target{bodies: body, started: started, between: between, scale: scale, phase: float64(i) / float64(count)}
		go func() { log.Fatal(http.Serve(listener, t.routes())) }()
	}
	if err := json.NewEncoder(os.Stdout).Encode(addresses); err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	<-ended
	return nil
}

// bodies is what the real service answered.
type bodies struct {
	metrics         []sample
	heap, goroutine [][]byte
	index, cmdline  []byte
}

// sample is one line of /metrics with its value in both captures, or a line
// that stays as it is.
type sample struct {
	line      string // name and labels, or all of a comment
	isValue   bool
	isCounter bool
	from, to  float64
}

func readBodies(folder string) (*bodies, error) {
	var b bodies
	var err error
	read := func(name string) []byte {
		content, failed := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = failed
		}
		return content
	}
	b.metrics = pairSamples(read("metrics-0.prom"), read("metrics-1.prom"))
	b.index, b.cmdline = read("index.html"), read("cmdline")
	for i := range 3 {
		b.heap = append(b.heap, read(fmt.Sprintf("heap-%d.pb.gz", i)))
		b.goroutine = append(b.goroutine, read(fmt.Sprintf("goroutine-%d.pb.gz", i)))
	}
	return &b, err
}

func pairSamples(first, second []byte) []sample {
	later := map[string]float64{}
	for line := range strings.Lines(string(second)) {
		if name, value, ok := splitSample(line); ok {
			later[name] = value
		}
	}
	var samples []sample
	for line := range strings.Lines(string(first)) {
		name, value, ok := splitSample(line)
		if !ok {
			samples = append(samples, sample{line: strings.TrimSuffix(line, "\n")})
			continue
		}
		next, known := later[name]
		if !known {
			next = value
		}
		samples = append(samples, sample{line: name, isValue: true, isCounter: isCounter(name), from: value, to: next})
	}
	return samples
}

func splitSample(line string) (name string, value float64, ok bool) {
	line = strings.TrimSpace(line)
	at := strings.LastIndexByte(line, ' ')
	if at < 0 || strings.HasPrefix(line, "#") {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(line[at+1:], 64)
	return line[:at], value, err == nil
}

func isCounter(name string) bool {
	name, _, _ = strings.Cut(name, "{")
	for _, ending := range []string{"_total", "_count", "_sum", "_bucket"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// target is one instance.
type target struct {
	*bodies
	started time.Time
	between time.Duration
	scale   float64
	phase   float64 // in [0, 1): instances do not move in step
}

func (t *target) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(t.scrape(time.Now()))
	})
	serve := func(path, contentType string, content func() []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(content())
		})
	}
	inTurn := func(captures [][]byte) func() []byte {
		return func() []byte { return captures[int(time.Since(t.started)/time.Second)%len(captures)] }
	}
	const binary = "application/octet-stream"
	serve("/debug/pprof/{$}", "text/html; charset=utf-8", func() []byte { return t.index })
	serve("/debug/pprof/cmdline", "text/plain; charset=utf-8", func() []byte { return t.cmdline })
	serve("/debug/pprof/heap", binary, inTurn(t.heap))
	serve("/debug/pprof/goroutine", binary, inTurn(t.goroutine))
	return mux
}

// scrape is /metrics at this time.
func (t *target) scrape(now time.Time) []byte {
	passed := now.Sub(t.started).Seconds() * t.scale
	intervals := passed / t.between.Seconds()
	var out bytes.Buffer
	for _, s := range t.metrics {
		out.WriteString(s.line)
		if s.isValue {
			out.WriteByte(' ')
			out.WriteString(strconv.FormatFloat(t.value(s, passed, intervals), 'g', -1, 64))
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func (t *target) value(s sample, passed, intervals float64) float64 {
	switch {
	case s.line == "process_start_time_seconds":
		return float64(t.started.Add(-age).Unix())
	case s.isCounter:
		return s.rounded(s.from + (s.to-s.from)*intervals)
	}
	// Levels do not move in step either: each name has a phase of its own.
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(s.line))
	turn := passed/swing.Seconds() + t.phase + float64(hash.Sum32()%1000)/1000
	share := (1 + math.Sin(2*math.Pi*turn)) / 2
	return s.rounded(s.from + (s.to-s.from)*share)
}

// rounded keeps whole numbers whole.
func (s sample) rounded(value float64) float64 {
	if s.from == math.Trunc(s.from) && s.to == math.Trunc(s.to) {
		return math.Floor(value)
	}
	return value
}
