// Package catalog holds the shop's products, renders their pages and searches
// them. Rendered pages are kept in a cache that is bounded in bytes.
package catalog

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Product is one article of the shop. Prices are in euro cents.
type Product struct {
	ID          int               `json:"id"`
	SKU         string            `json:"sku"`
	Name        string            `json:"name"`
	Category    string            `json:"category"`
	PriceCents  int64             `json:"priceCents"`
	Rating      float64           `json:"rating"`
	Description string            `json:"description"`
	Attributes  map[string]string `json:"attributes"`
}

// ProductCount is the size of the range; the shop does not grow while it runs.
const ProductCount = 1024

// descriptionWords makes a description about 700 bytes long, so that a page of
// products is some 60 KiB of JSON.
const descriptionWords = 110

var (
	categories = []string{"books", "garden", "kitchen", "lighting", "music", "office", "outdoor", "toys"}
	materials  = []string{"oak", "steel", "linen", "copper", "glass", "bamboo", "ceramic", "wool"}
	things     = []string{"lamp", "kettle", "chair", "notebook", "planter", "speaker", "tent", "puzzle", "shelf", "mug"}
	words      = strings.Fields("a compact and sturdy companion for every day made by hand in small series with care " +
		"tested for years easy to clean light to carry quiet in use repairable with common tools comes with a " +
		"two year warranty packed without plastic designed for homes studios and workshops of any size")
)

// Generate makes the range: the same products for the same seed.
func Generate(seed uint64) []Product {
	rng := rand.New(rand.NewPCG(seed, 1))
	products := make([]Product, ProductCount)
	for i := range products {
		material, thing := pick(rng, materials), pick(rng, things)
		products[i] = Product{
			ID:          i + 1,
			SKU:         fmt.Sprintf("%c%c-%05d", material[0]-32, thing[0]-32, i+1),
			Name:        strings.ToUpper(material[:1]) + material[1:] + " " + thing,
			Category:    pick(rng, categories),
			PriceCents:  490 + rng.Int64N(20_000),
			Rating:      float64(20+rng.IntN(31)) / 10,
			Description: describe(rng),
			Attributes: map[string]string{
				"material": material,
				"weight":   fmt.Sprintf("%d g", 50+rng.IntN(4000)),
				"origin":   pick(rng, []string{"PT", "PL", "DE", "IT", "SE"}),
			},
		}
	}
	return products
}

func describe(rng *rand.Rand) string {
	var b strings.Builder
	for i := range descriptionWords {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(pick(rng, words))
	}
	return b.String()
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
