package harness

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// PeerFlag makes the program the peer: another process, so that its side of connections is not counted here.
const PeerFlag = "-peer"

// startPeer starts this program a second time; it ends with ctx, or when this process ends.
func startPeer(ctx context.Context) (string, error) {
	peer := exec.CommandContext(ctx, os.Args[0], PeerFlag)
	peer.Stderr = os.Stderr
	// Its standard input ends when this process does, however that comes about.
	if _, err := peer.StdinPipe(); err != nil {
		return "", err
	}
	out, err := peer.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := peer.Start(); err != nil {
		return "", err
	}
	go func() { _ = peer.Wait() }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the peer said nothing: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// ServePeer answers until standard input ends. /page is small, /report is larger than the buffers of a
// connection and /stream ends only when the caller does.
func ServePeer() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		buffer := make([]byte, 1)
		for {
			if _, err := os.Stdin.Read(buffer); err != nil {
				os.Exit(0)
			}
		}
	}()
	report := make([]byte, 1<<20)
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(report[:2000]) })
	mux.HandleFunc("/report", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(report) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(report[:100])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
