// Command pprof-go is the other side of the profile benchmarks: google/pprof's own profile.ParseData, told over standard
// input what to read and how often.
//
//	load PATH   reads a file into memory; answers "ok SAMPLES"
//	run N       parses it N times; answers with the nanoseconds of each, separated by blanks
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

func main() {
	var data []byte
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		command, argument, _ := strings.Cut(in.Text(), " ")
		var err error
		switch command {
		case "load":
			data, err = load(argument)
		case "run":
			err = run(data, argument)
		default:
			err = fmt.Errorf("unknown command %q", command)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "pprof-go:", err)
			os.Exit(1)
		}
	}
}

func load(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p, err := profile.ParseData(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	fmt.Println("ok", len(p.Sample))
	return data, nil
}

func run(data []byte, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	out := make([]string, n)
	for i := range out {
		start := time.Now()
		if _, err := profile.ParseData(data); err != nil {
			return err
		}
		out[i] = strconv.FormatInt(time.Since(start).Nanoseconds(), 10)
	}
	fmt.Println(strings.Join(out, " "))
	return nil
}
