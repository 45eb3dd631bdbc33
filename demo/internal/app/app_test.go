package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/warehouse"
)

// service is a running App.
type service struct {
	Addresses
	stop func() error
}

func start(t *testing.T, cfg Config) service {
	t.Helper()
	cfg.Listen = "127.0.0.1:0"
	if cfg.Day == 0 {
		cfg.Day = time.Hour
	}
	stub, err := warehouse.Listen(SKUs())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stub.Close() })
	cfg.Warehouse = stub.URL()
	registry := prometheus.NewRegistry()
	a, err := New(cfg, registry, registry)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	s := service{a.Addresses(), func() error { cancel(); return <-ended }}
	return s
}

func request(t *testing.T, method, url, body, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(answer))
}

func TestShopSellsToACustomerWhoLogsIn(t *testing.T) {
	s := start(t, Config{})
	shop := "http://" + s.Listening
	code, body := request(t, "POST", shop+"/login", `{"customer":"ada"}`, "")
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(body), &session); err != nil || code != 200 || session.Token == "" {
		t.Fatalf("login = %d %s", code, body)
	}
	code, body = request(t, "POST", shop+"/orders", `{"lines":[{"productId":3,"quantity":2}]}`, session.Token)
	if code != 201 || !strings.Contains(body, `"id":4097`) || !strings.Contains(body, `"customer":"ada"`) {
		t.Errorf("order = %d %s", code, body)
	}
	for _, tt := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", "/products?category=music&sort=price&page=1", "", 200, `"category":"music"`},
		{"GET", "/products?page=-1", "", 400, "no page -1"},
		{"GET", "/products?page=x", "", 400, "not a number"},
		{"GET", "/products?currency=XXX", "", 400, "no currency"},
		{"GET", "/products/1024", "", 200, `"id":1024`},
		{"GET", "/products/1025", "", 404, "no such product"},
		{"GET", "/search?q=quiet", "", 200, `\u003cem\u003equiet`},
		{"GET", "/search", "", 400, "1 to 100 bytes"},
		{"GET", "/orders/4097", "", 200, `"customer":"ada"`},
		{"GET", "/orders/999999", "", 404, "no such order"},
		{"GET", "/reports/top?n=2", "", 200, `"revenueCents"`},
		{"GET", "/reports/top?n=0", "", 400, "1 to 100"},
		{"GET", "/support/requests", "", 200, `"/reports/top"`},
		{"GET", "/unknown", "", 404, "nothing here"},
		{"POST", "/orders", `{"lines":[]}`, 401, "log in first"},
		{"POST", "/login", `{"customer":`, 400, "not the JSON expected"},
		{"POST", "/login", `{"customer":"` + strings.Repeat("x", 70_000) + `"}`, 400, "too large"},
	} {
		code, body := request(t, tt.method, shop+tt.path, tt.body, "")
		if code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s = %d %.200s\nwant %d with %q", tt.method, tt.path, code, body, tt.code, tt.says)
		}
	}
	if code, picture := request(t, "GET", shop+"/products/7/picture", "", ""); code != 200 || len(picture) < 20_000 {
		t.Errorf("picture = %d, %d bytes", code, len(picture))
	}
	if err := s.stop(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestMetricsCountRequestsByHandlerAndCode(t *testing.T) {
	s := start(t, Config{})
	request(t, "GET", "http://"+s.Listening+"/products/5", "", "")
	request(t, "GET", "http://"+s.Listening+"/products/6", "", "")
	request(t, "GET", "http://"+s.Listening+"/products/0", "", "")
	_, metrics := request(t, "GET", "http://"+s.Listening+"/metrics", "", "")
	for _, want := range []string{
		`http_requests_total{code="200",handler="GET /products/{id}"} 2`,
		`http_requests_total{code="404",handler="GET /products/{id}"} 1`,
		"go_build_info{", "orders_page_cache_bytes 0", "orders_sessions 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in /metrics", want)
		}
	}
	if err := s.stop(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestPprofAndVarsAreServedWithTheShopOrOnAPortOfTheirOwn(t *testing.T) {
	for _, separate := range []bool{false, true} {
		cfg := Config{}
		if separate {
			cfg.PprofListen = "127.0.0.1:0"
		}
		s := start(t, cfg)
		if (s.Listening != s.Pprof) != separate {
			t.Errorf("separate %v: addresses %+v", separate, s.Addresses)
		}
		for path, says := range map[string]string{"/debug/pprof/heap?debug=1": "# NextGC = ", "/debug/pprof/goroutine?debug=1": "goroutine profile:", "/debug/vars": `"memstats"`} {
			if code, body := request(t, "GET", "http://"+s.Pprof+path, "", ""); code != 200 || !strings.Contains(body, says) {
				t.Errorf("separate %v: %s = %d without %q", separate, path, code, says)
			}
			if code, _ := request(t, "GET", "http://"+s.Listening+path, "", ""); (code == 404) != separate {
				t.Errorf("separate %v: %s on the shop's port = %d", separate, path, code)
			}
		}
		if err := s.stop(); err != nil {
			t.Errorf("ended with %v", err)
		}
	}
}

func listed(t *testing.T, s service) map[string]leaks.State {
	t.Helper()
	_, body := request(t, "GET", "http://"+s.Listening+"/leaks", "", "")
	var states []leaks.State
	if err := json.Unmarshal([]byte(body), &states); err != nil {
		t.Fatal(err)
	}
	byName := map[string]leaks.State{}
	for _, state := range states {
		byName[state.Name] = state
	}
	return byName
}

func TestEveryLeakIsListedOffAndTickersOnlyWithOldTimers(t *testing.T) {
	classes := map[string]leaks.Class{
		"sessions": leaks.Heap, "jobs": leaks.Goroutine, "tracker": leaks.Heap, "reslice": leaks.Heap,
		"bodies": leaks.FD, "tickers": leaks.Heap, "defers": leaks.Heap, "cgo": leaks.Native,
	}
	for _, old := range []bool{true, false} {
		s := start(t, Config{OldTimers: old})
		states := listed(t, s)
		for name, class := range classes {
			state, ok := states[name]
			if ok != (name != "tickers" || old) {
				t.Errorf("old timers %v: %s listed = %v", old, name, ok)
			}
			if ok && (state.On || state.Class != class || state.Description == "" || state.Note == "") {
				t.Errorf("%s = %+v", name, state)
			}
		}
		if old && !strings.Contains(states["tickers"].Note, "//go:debug asynctimerchan=1") {
			t.Errorf("tickers do not say what they need: %q", states["tickers"].Note)
		}
		if err := s.stop(); err != nil {
			t.Errorf("ended with %v", err)
		}
	}
}

func TestLeaksAreOnFromTheStartWhereTheCommandLineSaysSo(t *testing.T) {
	s := start(t, Config{Leaks: "jobs,reslice"})
	states := listed(t, s)
	if !states["jobs"].On || !states["reslice"].On || states["sessions"].On {
		t.Errorf("states %+v", states)
	}
	if code, _ := request(t, "POST", "http://"+s.Listening+"/leaks/jobs?on=false", "", ""); code != 200 {
		t.Errorf("switching off = %d", code)
	}
	if listed(t, s)["jobs"].On {
		t.Error("jobs is still on")
	}
	if err := s.stop(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestNewRefusesAnUnknownLeakAndAPortThatIsTaken(t *testing.T) {
	s := start(t, Config{})
	for _, tt := range []struct {
		cfg  Config
		says string
	}{
		{Config{Listen: "127.0.0.1:0", Leaks: "typo", Day: time.Hour}, `"typo"`},
		{Config{Listen: s.Listening, Day: time.Hour}, "address already in use"},
		{Config{Listen: "127.0.0.1:0", PprofListen: s.Listening, Day: time.Hour}, "address already in use"},
	} {
		registry := prometheus.NewRegistry()
		if _, err := New(tt.cfg, registry, registry); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%+v: err = %v", tt.cfg, err)
		}
	}
	if err := s.stop(); err != nil {
		t.Errorf("ended with %v", err)
	}
}
