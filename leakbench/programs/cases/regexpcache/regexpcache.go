// Package regexpcache keeps a compiled expression for every search.
package regexpcache

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type searches struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}

func (s *searches) find(pattern string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	expression, known := s.compiled[pattern]
	if !known {
		expression = regexp.MustCompile(pattern)
		s.compiled[pattern] = expression
	}
	return expression.MatchString("the quick brown fox")
}

func init() {
	harness.Register(harness.Case{
		Name: "regexpcache", Class: "heap", Pattern: "cache by what users type",
		Culprits: []string{"plimsoll.dev/leakbench/cases/regexpcache.(*searches).find"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			s := &searches{compiled: map[string]*regexp.Regexp{}}
			return func(_ context.Context, request int) {
				n := request % 50
				if leak {
					n = request
				}
				s.find(fmt.Sprintf("(?i)^(customer|order) %d (open|closed)[a-z]{2,9}$", n))
			}, nil
		},
	})
}
