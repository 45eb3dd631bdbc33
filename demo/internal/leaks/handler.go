package leaks

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
)

// Routes adds GET /leaks and POST /leaks/{name}?on=true|false to a mux.
func (r *Registry) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /leaks", r.list)
	mux.HandleFunc("POST /leaks/{name}", r.set)
}

func (r *Registry) list(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, r.States())
}

func (r *Registry) set(w http.ResponseWriter, req *http.Request) {
	s, err := r.Find(req.PathValue("name"))
	if err != nil {
		writeJSON(w, http.StatusNotFound, errorBody{err.Error()})
		return
	}
	on, err := strconv.ParseBool(req.URL.Query().Get("on"))
	if err != nil {
		writeJSON(w, http.StatusBadRequest, errorBody{`the query must say on=true or on=false`})
		return
	}
	if err := s.Set(on); errors.Is(err, ErrUnavailable) {
		writeJSON(w, http.StatusConflict, errorBody{err.Error()})
		return
	}
	slog.Info("leak switched", "leak", s.spec.Name, "on", on)
	writeJSON(w, http.StatusOK, s.State())
}

type errorBody struct {
	Error string `json:"error"`
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Debug("answer not written", "err", err)
	}
}
