package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	pageSize = 60
	// pageCacheBytes is about 230 pages: full after some 20 s at 40 requests
	// a second, since most page requests of the load ask for a new one.
	pageCacheBytes = 14 << 20
	// maxHits bounds the answer to a search, about 1 MiB of JSON. With the
	// pages this makes garbage enough for a collection every two seconds.
	maxHits = 480
)

var ErrNotFound = errors.New("no such product")

// Query selects one page of the range. It is the key of the page cache.
type Query struct {
	Category string // empty = all
	Sort     string // "name", "price", "rating" or empty = as listed
	Currency string // shown with the prices; empty = EUR
	Page     int    // from 0
}

var (
	sorts      = []string{"", "name", "price", "rating"}
	currencies = []string{"", "EUR", "SEK", "PLN", "GBP", "CHF"}
)

// Check tells what is wrong with a query that came from outside, so that only
// pages that exist take room in the cache.
func (q Query) Check() error {
	switch {
	case q.Category != "" && !slices.Contains(categories, q.Category):
		return fmt.Errorf("no category %q", q.Category)
	case !slices.Contains(sorts, q.Sort):
		return fmt.Errorf("can't sort by %q", q.Sort)
	case !slices.Contains(currencies, q.Currency):
		return fmt.Errorf("no currency %q", q.Currency)
	case q.Page < 0 || q.Page > ProductCount/pageSize:
		return fmt.Errorf("no page %d", q.Page)
	}
	return nil
}

// Page is what GET /products answers.
type Page struct {
	Category string    `json:"category,omitempty"`
	Currency string    `json:"currency"`
	Page     int       `json:"page"`
	Pages    int       `json:"pages"`
	Products []Product `json:"products"`
}

// Catalog is safe for concurrent use; its products do not change.
type Catalog struct {
	products []Product
	pages    *pageCache
}

func New(products []Product) *Catalog {
	return &Catalog{products: products, pages: newPageCache(pageCacheBytes)}
}

// Products returns the whole range; callers must not change it.
func (c *Catalog) Products() []Product { return c.products }

// CacheSize returns the bytes in the page cache and the evictions so far.
func (c *Catalog) CacheSize() (bytes int, evictions uint64) { return c.pages.size() }

// Product returns one product, or ErrNotFound.
func (c *Catalog) Product(id int) (Product, error) {
	if id < 1 || id > len(c.products) {
		return Product{}, ErrNotFound
	}
	return c.products[id-1], nil
}

// Page returns a page as JSON with the customer's discount, in percent, taken
// off the prices. The page is cached at list prices; what a customer sees is
// made from it for each request.
func (c *Catalog) Page(q Query, discount int64) ([]byte, error) {
	body := c.pages.get(q)
	if body == nil {
		var err error
		if body, err = c.renderPage(q); err != nil {
			return nil, err
		}
		c.pages.put(q, body)
	}
	return personalise(body, discount)
}

func (c *Catalog) renderPage(q Query) ([]byte, error) {
	matching := make([]Product, 0, len(c.products))
	for _, p := range c.products {
		if q.Category == "" || p.Category == q.Category {
			matching = append(matching, p)
		}
	}
	sortProducts(matching, q.Sort)
	page := Page{Category: q.Category, Currency: q.Currency, Page: q.Page, Pages: (len(matching) + pageSize - 1) / pageSize}
	if page.Currency == "" {
		page.Currency = "EUR"
	}
	if first := q.Page * pageSize; q.Page >= 0 && first < len(matching) {
		page.Products = matching[first:min(first+pageSize, len(matching))]
	}
	return json.Marshal(page)
}

func sortProducts(products []Product, by string) {
	switch by {
	case "name":
		slices.SortStableFunc(products, func(a, b Product) int { return strings.Compare(a.Name, b.Name) })
	case "price":
		slices.SortStableFunc(products, func(a, b Product) int { return int(a.PriceCents - b.PriceCents) })
	case "rating":
		slices.SortStableFunc(products, func(a, b Product) int { return int(10*b.Rating) - int(10*a.Rating) })
	}
}

func personalise(listed []byte, discount int64) ([]byte, error) {
	var page Page
	if err := json.Unmarshal(listed, &page); err != nil {
		return nil, err
	}
	for i := range page.Products {
		page.Products[i].PriceCents -= page.Products[i].PriceCents * discount / 100
	}
	return json.Marshal(page)
}

// Hit is one result of a search; matches are marked with <em>.
type Hit struct {
	Score       int     `json:"score"`
	Product     Product `json:"product"`
	Highlighted string  `json:"highlighted"`
}

// Search returns the products that contain any of the words, best first.
func (c *Catalog) Search(text string) []Hit {
	terms := strings.Fields(strings.ToLower(text))
	hits := make([]Hit, 0, maxHits)
	for _, p := range c.products {
		haystack := strings.ToLower(p.Name + " " + p.Category + " " + p.Description)
		score := 0
		for _, term := range terms {
			score += strings.Count(haystack, term)
		}
		if score > 0 {
			hits = append(hits, Hit{Score: score, Product: p})
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return b.Score - a.Score })
	hits = hits[:min(len(hits), maxHits)]
	for i := range hits {
		text := hits[i].Product.Description
		for _, term := range terms {
			text = strings.ReplaceAll(text, term, "<em>"+term+"</em>")
		}
		hits[i].Highlighted = text
	}
	return hits
}
