package leaks

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func newAPI() (*Registry, http.Handler) {
	r := &Registry{}
	r.Register(Spec{Name: "sessions", Class: Heap, Description: "never evicts"})
	r.Register(Spec{Name: "cgo", Class: Native, Description: "never frees", Unavailable: "built without cgo"})
	mux := http.NewServeMux()
	r.Routes(mux)
	return r, mux
}

func call(t *testing.T, h http.Handler, method, url string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, url, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestListShowsEveryLeakInOrderAndOffAtFirst(t *testing.T) {
	_, h := newAPI()
	code, body := call(t, h, "GET", "/leaks")
	want := `[{"name":"sessions","on":false,"class":"heap","description":"never evicts","available":true,"note":""},` +
		`{"name":"cgo","on":false,"class":"native","description":"never frees","available":false,"note":"built without cgo"}]`
	if code != 200 || body != want {
		t.Errorf("GET /leaks = %d %s\nwant 200 %s", code, body, want)
	}
}

func TestPostSwitchesOnAndOffAndAnswersWithTheState(t *testing.T) {
	r, h := newAPI()
	s, err := r.Find("sessions")
	if err != nil {
		t.Fatal(err)
	}
	for _, on := range []bool{true, true, false} {
		value := map[bool]string{true: "true", false: "false"}[on]
		code, body := call(t, h, "POST", "/leaks/sessions?on="+value)
		var got State
		if err := json.Unmarshal([]byte(body), &got); err != nil || code != 200 {
			t.Fatalf("POST on=%s = %d %s (%v)", value, code, body, err)
		}
		if got.On != on || s.On() != on {
			t.Errorf("after on=%s: answer %v, switch %v", value, got.On, s.On())
		}
	}
}

func TestPostRefusesWhatItCannotDo(t *testing.T) {
	_, h := newAPI()
	for _, tt := range []struct {
		url  string
		code int
		says string
	}{
		{"/leaks/nothing?on=true", 404, "there are sessions, cgo"},
		{"/leaks/sessions?on=perhaps", 400, "on=true or on=false"},
		{"/leaks/sessions", 400, "on=true or on=false"},
		{"/leaks/cgo?on=true", 409, "built without cgo"},
	} {
		code, body := call(t, h, "POST", tt.url)
		if code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("POST %s = %d %s, want %d with %q", tt.url, code, body, tt.code, tt.says)
		}
	}
	if code, _ := call(t, h, "GET", "/leaks/sessions?on=true"); code != http.StatusMethodNotAllowed {
		t.Errorf("GET on a switch = %d, want 405", code)
	}
}

func TestTurnOnTakesAListAndNamesTheUnknown(t *testing.T) {
	r, _ := newAPI()
	if err := r.TurnOn(" sessions , "); err != nil {
		t.Fatal(err)
	}
	if s, _ := r.Find("sessions"); !s.On() {
		t.Error("sessions is off")
	}
	if err := r.TurnOn("sessions,typo"); err == nil || !strings.Contains(err.Error(), `"typo"`) {
		t.Errorf("TurnOn(typo) = %v", err)
	}
	if err := r.TurnOn("cgo"); err == nil {
		t.Error("an unavailable leak was turned on")
	}
}

func TestNilSwitchIsOff(t *testing.T) {
	var s *Switch
	if s.On() {
		t.Error("the nil switch is on")
	}
}
