package harness

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

type item struct {
	ID          int               `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Attributes  map[string]string `json:"attributes"`
}

// catalogue is the healthy base of the heap: it is filled at the start and never changes.
type catalogue struct{ items []item }

const catalogueItems = 12_000

func newCatalogue() *catalogue {
	c := &catalogue{items: make([]item, catalogueItems)}
	for i := range c.items {
		c.items[i] = item{
			ID:          i,
			Name:        fmt.Sprintf("item %d", i),
			Description: string(bytes.Repeat([]byte{byte('a' + i%26)}, 200+i%300)),
			Attributes:  map[string]string{"colour": fmt.Sprint(i % 97), "size": fmt.Sprint(i % 13)},
		}
	}
	return c
}

// answer does what a request costs anyway: some garbage, and now and then the megabyte buffers of a compressor.
func (c *catalogue) answer() error {
	page := make([]item, 0, 20)
	for range 20 {
		page = append(page, c.items[rand.IntN(len(c.items))])
	}
	body, err := json.Marshal(page)
	if err != nil {
		return err
	}
	if !Some(0.03) {
		return nil
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	return w.Close()
}
