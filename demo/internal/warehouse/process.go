package warehouse

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

// Process is a stub that runs in a process of its own, so that its sockets,
// goroutines and memory are not those of the service.
type Process struct {
	URL   string
	cmd   *exec.Cmd
	stdin io.Closer
}

// Start runs a program that calls Serve and waits until it answers. The process
// ends with its standard input, so also when this process is killed.
func Start(program string, args ...string) (*Process, error) {
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("warehouse stub: %w", err)
	}
	p := &Process{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("warehouse stub does not say where it listens: %w", err), p.Close())
	}
	p.URL = strings.TrimSpace(line)
	return p, nil
}

// Close ends the process.
func (p *Process) Close() error {
	err := p.stdin.Close()
	if waited := p.cmd.Wait(); waited != nil {
		err = errors.Join(err, fmt.Errorf("warehouse stub: %w", waited))
	}
	return err
}

// Serve is the whole life of the process: it prints its URL and answers until
// its input ends. An interrupt meant for the service does not end it first.
func Serve(skus []string, stdin io.Reader, stdout io.Writer) error {
	signal.Ignore(os.Interrupt)
	stub, err := Listen(skus)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, stub.URL()); err != nil {
		return errors.Join(err, stub.Close())
	}
	_, err = io.Copy(io.Discard, stdin)
	return errors.Join(err, stub.Close())
}
