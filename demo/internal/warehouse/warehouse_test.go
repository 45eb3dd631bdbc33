package warehouse

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"testing"
)

// TestMain makes the test binary a stub where it was started as one.
func TestMain(m *testing.M) {
	if os.Getenv("WAREHOUSE_STUB") != "" {
		if err := Serve([]string{"A", "B"}, os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

func get(t *testing.T, url string) (revision string, lines int) {
	t.Helper()
	resp, err := http.Get(url + "/stock")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		lines++
	}
	return resp.Header.Get(RevisionHeader), lines
}

func TestRevisionChangesWithEverySixteenthRequest(t *testing.T) {
	stub, err := Listen([]string{"A", "B", "C"})
	if err != nil {
		t.Fatal(err)
	}
	defer stub.Close()
	seen := map[string]int{}
	for range 2 * requestsPerRevision {
		revision, lines := get(t, stub.URL())
		if lines != 3 {
			t.Fatalf("%d lines, want 3", lines)
		}
		seen[revision]++
	}
	if seen["0"] != 15 || seen["1"] != 16 || seen["2"] != 1 {
		t.Errorf("revisions %v", seen)
	}
}

func TestProcessAnswersUntilItIsClosed(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WAREHOUSE_STUB", "1")
	p, err := Start(program)
	if err != nil {
		t.Fatal(err)
	}
	if _, lines := get(t, p.URL); lines != 2 {
		t.Errorf("%d lines, want 2", lines)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closed with %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
	if resp, err := http.Get(p.URL + "/stock"); err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		t.Error("the process still answers")
	}
}

func TestStartTellsOfAProgramThatSaysNothing(t *testing.T) {
	for _, program := range []string{"/no/such/program", "true"} {
		if _, err := Start(program); err == nil {
			t.Errorf("%s: no error", program)
		}
	}
}
