package load

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestShareIsLowestAtNightAndFullTwelveHoursLater(t *testing.T) {
	if got := Share(quietestHour); math.Abs(got-nightShare) > 1e-12 {
		t.Errorf("share at %d h = %g, want %g", quietestHour, got, nightShare)
	}
	if got := Share(quietestHour + 12); math.Abs(got-1) > 1e-12 {
		t.Errorf("share at %d h = %g, want 1", quietestHour+12, got)
	}
	for hour := -24.0; hour < 48; hour += 0.1 {
		share := Share(hour)
		if share < nightShare-1e-12 || share > 1+1e-12 {
			t.Fatalf("share at %g h = %g, outside %g to 1", hour, share, nightShare)
		}
		if math.Abs(share-Share(hour+24)) > 1e-9 {
			t.Fatalf("share at %g h differs from the day after", hour)
		}
		if step := math.Abs(Share(hour+0.1) - share); step > 0.01 {
			t.Fatalf("share jumps by %g within 6 minutes after %g h", step, hour)
		}
	}
}

func TestHourFollowsTheLengthOfTheDay(t *testing.T) {
	for _, tt := range []struct {
		start   float64
		elapsed time.Duration
		want    float64
	}{
		{12, 0, 12}, {12, 6 * time.Minute, 18}, {12, 12 * time.Minute, 0}, {0, 48 * time.Minute, 0}, {23, 2 * time.Minute, 1},
	} {
		if got := Hour(tt.start, tt.elapsed, 24*time.Minute); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s after %g h is %g h, want %g", tt.elapsed, tt.start, got, tt.want)
		}
	}
}

func TestSharesOfTheMixAreOneHundred(t *testing.T) {
	total := 0
	for _, k := range kinds {
		total += k.share
	}
	if total != 100 {
		t.Errorf("the shares add up to %d", total)
	}
}

func TestEveryKindOfRequestIsMadeAndTokensAreUsedAndBounded(t *testing.T) {
	const n = 2000
	made, logins, withToken := map[string]int{}, 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer abc" {
			withToken++
		}
		if r.URL.Path == "/login" {
			logins++
		}
		w.Write([]byte(`{"token":"abc","id":7}`))
	}))
	defer server.Close()
	g := New(Config{Target: server.URL + "/", RPS: 1, Day: time.Hour, Seed: 1})
	for range n {
		req, name, err := g.visitor.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		resp, err := g.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.visitor.learn(name, resp); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		made[name]++
	}
	for _, k := range kinds {
		if want := n * k.share / 100; made[k.name] < want/2 || made[k.name] > want*2 {
			t.Errorf("%s: %d of %d requests, want about %d", k.name, made[k.name], n, want)
		}
	}
	if logins != made["login"] || withToken < n-100 {
		t.Errorf("%d logins seen of %d, %d requests with a token", logins, made["login"], withToken)
	}
	if len(g.visitor.tokens) != tokensKept || g.visitor.lastOrder != 7 {
		t.Errorf("%d tokens kept, last order %d", len(g.visitor.tokens), g.visitor.lastOrder)
	}
}

func TestRunEndsWithItsContextAndWithATargetThatIsGone(t *testing.T) {
	answered := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case answered <- struct{}{}:
		default:
		}
		w.Write([]byte(`{}`))
	}))
	defer server.Close()
	g := New(Config{Target: server.URL, RPS: 2000, Day: time.Hour, StartHour: 16, Seed: 1})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	<-answered
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended by its context: %v", err)
	}

	server.Close()
	g = New(Config{Target: server.URL, RPS: 100, Day: time.Hour, StartHour: 16, Seed: 1})
	g.goneAfter = time.Millisecond
	if err := g.Run(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("without a target: %v, want ErrGone", err)
	}
}
