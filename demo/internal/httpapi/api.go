// Package httpapi serves the shop over HTTP.
package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"plimsoll.dev/orders/internal/catalog"
	"plimsoll.dev/orders/internal/inventory"
	"plimsoll.dev/orders/internal/nativecodec"
	"plimsoll.dev/orders/internal/orders"
	"plimsoll.dev/orders/internal/reports"
	"plimsoll.dev/orders/internal/sessions"
	"plimsoll.dev/orders/internal/tracking"
)

const (
	// maxBodyBytes bounds what a client may send.
	maxBodyBytes = 64 << 10
	// maxLines bounds an order.
	maxLines = 64
	// supportRequests is how many requests the support page shows.
	supportRequests = 50
)

// API has everything that its handlers need.
type API struct {
	Catalog    *catalog.Catalog
	Orders     *orders.Store
	Fulfilment *orders.Fulfilment
	Sessions   *sessions.Cache
	Inventory  *inventory.Client
	Sales      *reports.Sales
	Codec      *nativecodec.Codec
	Tracker    *tracking.Tracker
	Metrics    *Metrics
}

// Routes adds the shop's handlers to a mux, each counted and tracked.
func (a *API) Routes(mux *http.ServeMux) {
	for pattern, handler := range map[string]handlerFunc{
		"GET /products":              a.page,
		"GET /products/{id}":         a.product,
		"GET /products/{id}/stock":   a.stock,
		"GET /products/{id}/picture": a.picture,
		"GET /search":                a.search,
		"POST /login":                a.login,
		"POST /orders":               a.placeOrder,
		"GET /orders/{id}":           a.order,
		"GET /reports/top":           a.topSellers,
		"GET /support/requests":      a.recentRequests,
		"/":                          a.nothingHere,
	} {
		mux.Handle(pattern, a.Metrics.instrument(pattern, a.Tracker.Middleware(handler)))
	}
}

// handlerFunc answers or returns the error to answer with.
type handlerFunc func(w http.ResponseWriter, r *http.Request) error

// statusError is an error that the client has to know about.
type statusError struct {
	code    int
	message string
}

func (e statusError) Error() string { return e.message }

func badRequest(format string, args ...any) error {
	return statusError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func (f handlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := f(w, r)
	if err == nil {
		return
	}
	var status statusError
	switch {
	case errors.As(err, &status):
	case errors.Is(err, catalog.ErrNotFound), errors.Is(err, orders.ErrNotFound):
		status = statusError{http.StatusNotFound, err.Error()}
	default:
		slog.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		status = statusError{http.StatusInternalServerError, "internal error"}
	}
	_ = writeJSON(w, status.code, map[string]string{"error": status.message})
}

func writeJSON(w http.ResponseWriter, code int, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return writeBytes(w, code, "application/json", body)
}

// writeBytes answers. A client that has gone away is not an error of ours.
func writeBytes(w http.ResponseWriter, code int, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	_, _ = w.Write(body)
	return nil
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes)).Decode(into); err != nil {
		return badRequest("the body is not the JSON expected: %v", err)
	}
	return nil
}

// intParam reads a number from the query; fallback where it is not given.
func intParam(r *http.Request, name string, fallback int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badRequest("%s is not a number: %.40q", name, text)
	}
	return n, nil
}

func pathID(r *http.Request) (int, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0, badRequest("not a number: %.40q", r.PathValue("id"))
	}
	return id, nil
}

// session returns the session of the request's bearer token, or nil.
func (a *API) session(r *http.Request) *sessions.Session {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nil
	}
	return a.Sessions.Find(token, time.Now())
}
