package tracking

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plimsoll.dev/orders/internal/leaks"
)

func serve(h http.Handler, n int, url string) {
	for range n {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", url, nil))
	}
}

func newTracked(leak *leaks.Switch) http.Handler {
	recent = nil
	return New(leak).Middleware(http.NotFoundHandler())
}

func TestHealthyTrackerKeepsOnlyTheLatestRequests(t *testing.T) {
	h := newTracked(leaks.NewSwitch(Leak))
	serve(h, 3*keepRecent, "/products")
	serve(h, 1, "/last")
	if Len() != keepRecent {
		t.Errorf("%d requests held, want %d", Len(), keepRecent)
	}
	if cap(recent) > 4*keepRecent {
		t.Errorf("room for %d requests, want at most %d", cap(recent), 4*keepRecent)
	}
	if got := Recent(2); got[0].Path != "/last" || got[1].Path != "/products" {
		t.Errorf("latest = %s, %s", got[0].Path, got[1].Path)
	}
}

func TestLeakKeepsEveryRequestAndOffTrims(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	h := newTracked(leak)
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	serve(h, 5*keepRecent, "/")
	if Len() != 5*keepRecent {
		t.Errorf("with the leak on: %d requests held, want %d", Len(), 5*keepRecent)
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	serve(h, 1, "/")
	if Len() != keepRecent || cap(recent) > 2*keepRecent {
		t.Errorf("after switching off: %d held in room for %d, want %d", Len(), cap(recent), keepRecent)
	}
}

func TestHeadIsCutAtItsBound(t *testing.T) {
	r := httptest.NewRequest("GET", "/"+strings.Repeat("x", 3*headBytes), nil)
	if got := len(dumpHead(r)); got > headBytes {
		t.Errorf("head of %d bytes, at most %d", got, headBytes)
	}
	r = httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Long", strings.Repeat("y", headBytes))
	r.Header.Set("X-Short", "1")
	if got := len(dumpHead(r)); got > headBytes {
		t.Errorf("head of %d bytes, at most %d", got, headBytes)
	}
}
