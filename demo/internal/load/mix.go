package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
)

// tokensKept is how many logins the generator remembers: fewer than the shop's
// session cache holds, so that most of them are still valid.
const tokensKept = 48

// visitor makes requests. One visitor stands for all customers.
type visitor struct {
	base string

	mu        sync.Mutex
	rng       *rand.Rand
	tokens    []string // at most tokensKept, latest last
	lastOrder int
}

// kind is one sort of request and how many of 100 are of that sort.
type kind struct {
	name  string
	share int
	build func(v *visitor) (method, path, body string)
}

var kinds = []kind{
	{"products", 42, func(v *visitor) (string, string, string) {
		category, pages := pick(v, []string{"", "", "books", "garden", "kitchen", "lighting", "music", "office", "outdoor", "toys"}), 2
		if category == "" {
			pages = 17
		}
		return "GET", fmt.Sprintf("/products?category=%s&sort=%s&currency=%s&page=%d", category,
			pick(v, []string{"", "name", "price", "rating"}), pick(v, []string{"", "EUR", "SEK", "PLN", "GBP", "CHF"}), v.rng.IntN(pages)), ""
	}},
	{"login", 15, func(v *visitor) (string, string, string) {
		return "POST", "/login", fmt.Sprintf(`{"customer":"customer-%d"}`, v.rng.IntN(500))
	}},
	{"picture", 10, func(v *visitor) (string, string, string) {
		return "GET", fmt.Sprintf("/products/%d/picture", v.productID()), ""
	}},
	{"order", 10, func(v *visitor) (string, string, string) {
		lines := make([]string, 1+v.rng.IntN(5))
		for i := range lines {
			lines[i] = fmt.Sprintf(`{"productId":%d,"quantity":%d}`, v.productID(), 1+v.rng.IntN(3))
		}
		return "POST", "/orders", `{"lines":[` + strings.Join(lines, ",") + `]}`
	}},
	{"search", 10, func(v *visitor) (string, string, string) {
		return "GET", "/search?q=" + pick(v, []string{"quiet", "workshops", "small+series", "oak+lamp", "repairable", "warranty"}), ""
	}},
	{"product", 4, func(v *visitor) (string, string, string) {
		return "GET", fmt.Sprintf("/products/%d", v.productID()), ""
	}},
	{"report", 4, func(v *visitor) (string, string, string) { return "GET", "/reports/top?n=20", "" }},
	{"stock", 2, func(v *visitor) (string, string, string) {
		return "GET", fmt.Sprintf("/products/%d/stock", v.productID()), ""
	}},
	{"status", 2, func(v *visitor) (string, string, string) { return "GET", fmt.Sprintf("/orders/%d", v.lastOrder), "" }},
	{"support", 1, func(v *visitor) (string, string, string) { return "GET", "/support/requests", "" }},
}

func pick[T any](v *visitor, from []T) T { return from[v.rng.IntN(len(from))] }

// productID asks for products that the shop has.
func (v *visitor) productID() int { return 1 + v.rng.IntN(1024) }

// next makes the next request of the mix, with the token of a recent login
// where there is one.
func (v *visitor) next(ctx context.Context) (*http.Request, string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.draw()
	method, path, body := k.build(v)
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("User-Agent", "orders-loadgen/1.0")
	req.Header.Set("Accept", "application/json")
	if len(v.tokens) > 0 {
		req.Header.Set("Authorization", "Bearer "+pick(v, v.tokens))
	}
	return req, k.name, nil
}

func (v *visitor) draw() kind {
	n := v.rng.IntN(100)
	for _, k := range kinds {
		if n -= k.share; n < 0 {
			return k
		}
	}
	panic("load: the shares of the mix are less than 100")
}

// learn takes over what later requests need from an answer and reads it to its
// end, so that the connection can be used again.
func (v *visitor) learn(name string, resp *http.Response) error {
	if (name == "login" || name == "order") && resp.StatusCode < 300 {
		var answer struct {
			Token string `json:"token"`
			ID    int    `json:"id"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		v.mu.Lock()
		if answer.Token != "" {
			v.tokens = append(v.tokens, answer.Token)
			v.tokens = v.tokens[max(0, len(v.tokens)-tokensKept):]
		}
		v.lastOrder = max(v.lastOrder, answer.ID)
		v.mu.Unlock()
	}
	_, err := io.Copy(io.Discard, resp.Body)
	return err
}
