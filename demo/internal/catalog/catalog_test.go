package catalog

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestPageCacheStaysWithinItsBytesWhateverIsAskedFor(t *testing.T) {
	c := New(Generate(1))
	c.pages = newPageCache(1 << 20)
	for page := range 25 {
		for _, currency := range []string{"EUR", "SEK", "PLN", "GBP"} {
			if _, err := c.Page(Query{Page: page, Currency: currency}, 0); err != nil {
				t.Fatal(err)
			}
			if bytes, _ := c.CacheSize(); bytes > 1<<20 {
				t.Fatalf("cache holds %d bytes, allowed are %d", bytes, 1<<20)
			}
		}
	}
	bytes, evictions := c.CacheSize()
	if evictions == 0 || bytes < 1<<19 {
		t.Errorf("after 100 pages: %d bytes, %d evictions; the bound was not reached", bytes, evictions)
	}
	if c.pages.recency.Len() != len(c.pages.byKey) {
		t.Errorf("list has %d pages, map %d", c.pages.recency.Len(), len(c.pages.byKey))
	}
}

func TestPageCacheDropsThePageNotAskedForLongest(t *testing.T) {
	cache := newPageCache(3)
	cache.put(Query{Page: 1}, []byte("a"))
	cache.put(Query{Page: 2}, []byte("b"))
	cache.put(Query{Page: 3}, []byte("c"))
	cache.get(Query{Page: 1})
	cache.put(Query{Page: 4}, []byte("d"))
	for page, want := range map[int]bool{1: true, 2: false, 3: true, 4: true} {
		if got := cache.get(Query{Page: page}) != nil; got != want {
			t.Errorf("page %d cached = %v, want %v", page, got, want)
		}
	}
}

func TestDiscountChangesWhatIsSentButNotWhatIsCached(t *testing.T) {
	c := New(Generate(1))
	price := func(discount int64) int64 {
		body, err := c.Page(Query{}, discount)
		if err != nil {
			t.Fatal(err)
		}
		var page Page
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		return page.Products[0].PriceCents
	}
	full := price(0)
	if got := price(50); got != full-full/2 {
		t.Errorf("half of %d = %d", full, got)
	}
	if got := price(0); got != full {
		t.Errorf("list price became %d, was %d", got, full)
	}
}

func TestSortAndCategorySelectTheProducts(t *testing.T) {
	c := New(Generate(1))
	body, err := c.renderPage(Query{Category: "music", Sort: "price"})
	if err != nil {
		t.Fatal(err)
	}
	var page Page
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Products) != pageSize {
		t.Fatalf("%d products on a full page", len(page.Products))
	}
	for i, p := range page.Products {
		if p.Category != "music" || i > 0 && p.PriceCents < page.Products[i-1].PriceCents {
			t.Errorf("product %d: %s for %d after %d", i, p.Category, p.PriceCents, page.Products[max(i-1, 0)].PriceCents)
		}
	}
}

func TestProductOutsideTheRangeIsNotFound(t *testing.T) {
	c := New(Generate(1))
	for _, id := range []int{0, -1, ProductCount + 1} {
		if _, err := c.Product(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("product %d: %v", id, err)
		}
	}
}

func TestSearchIsBoundedAndBestFirst(t *testing.T) {
	hits := New(Generate(1)).Search("workshops quiet")
	if len(hits) != maxHits {
		t.Fatalf("%d hits, want the bound %d", len(hits), maxHits)
	}
	for i := 1; i < len(hits); i++ {
		if hits[i].Score > hits[i-1].Score {
			t.Fatalf("hit %d scores %d after %d", i, hits[i].Score, hits[i-1].Score)
		}
	}
}
