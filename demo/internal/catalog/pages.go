package catalog

import (
	"container/list"
	"sync"
)

// pageCache keeps rendered pages up to a number of bytes and drops the page
// that was not asked for longest.
type pageCache struct {
	maxBytes int

	mu        sync.Mutex
	bytes     int
	recency   *list.List // of *cachedPage, most recently used first
	byKey     map[Query]*list.Element
	evictions uint64
}

type cachedPage struct {
	key  Query
	body []byte
}

func newPageCache(maxBytes int) *pageCache {
	return &pageCache{maxBytes: maxBytes, recency: list.New(), byKey: make(map[Query]*list.Element)}
}

// get returns the page, or nil. The bytes belong to the cache.
func (c *pageCache) get(key Query) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.recency.MoveToFront(entry)
	return entry.Value.(*cachedPage).body
}

func (c *pageCache) put(key Query, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.byKey[key]; ok { // two requests rendered the same page
		c.remove(old)
	}
	c.byKey[key] = c.recency.PushFront(&cachedPage{key: key, body: body})
	c.bytes += len(body)
	for c.bytes > c.maxBytes && c.recency.Len() > 1 {
		c.remove(c.recency.Back())
		c.evictions++
	}
}

func (c *pageCache) remove(entry *list.Element) {
	page := c.recency.Remove(entry).(*cachedPage)
	delete(c.byKey, page.key)
	c.bytes -= len(page.body)
}

// size returns the bytes held and the pages dropped so far.
func (c *pageCache) size() (bytes int, evictions uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes, c.evictions
}
