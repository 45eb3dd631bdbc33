// Package metriclabels puts the customer into a label.
package metriclabels

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll.dev/leakbench/harness"
)

type meter struct{ latency *prometheus.HistogramVec }

func (m *meter) observe(customer string) {
	m.latency.WithLabelValues("checkout", customer).Observe(0.1)
}

func init() {
	harness.Register(harness.Case{
		Name: "metriclabels", Class: "heap", Pattern: "metric label without a bound on its values",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/metriclabels.(*meter).observe",
			"github.com/prometheus/client_golang/prometheus.(*metricMap).getOrCreateMetricWithLabelValues",
			"github.com/prometheus/client_golang/prometheus.newHistogram",
		},
		Rps: 80,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			// A registry of its own, which nobody scrapes: the body of /metrics is not the subject.
			m := &meter{latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
				Name: "step_seconds", Help: "Time of a step.", Buckets: prometheus.ExponentialBuckets(0.001, 1.5, 20),
			}, []string{"step", "customer"})}
			return func(_ context.Context, request int) {
				customer := request % 100
				if leak {
					customer = request
				}
				m.observe(fmt.Sprintf("customer-%d", customer))
			}, nil
		},
	})
}
