package httpapi

import (
	"net/http"
	"time"

	"plimsoll.dev/orders/internal/catalog"
	"plimsoll.dev/orders/internal/orders"
	"plimsoll.dev/orders/internal/tracking"
)

// memberDiscount is what customers with a session get, in percent.
const memberDiscount = 5

func (a *API) page(w http.ResponseWriter, r *http.Request) error {
	number, err := intParam(r, "page", 0)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	q := catalog.Query{Category: query.Get("category"), Sort: query.Get("sort"), Currency: query.Get("currency"), Page: number}
	if err := q.Check(); err != nil {
		return badRequest("%v", err)
	}
	var discount int64
	if a.session(r) != nil {
		discount = memberDiscount
	}
	body, err := a.Catalog.Page(q, discount)
	if err != nil {
		return err
	}
	return writeBytes(w, http.StatusOK, "application/json", body)
}

func (a *API) findProduct(r *http.Request) (catalog.Product, error) {
	id, err := pathID(r)
	if err != nil {
		return catalog.Product{}, err
	}
	return a.Catalog.Product(id)
}

func (a *API) product(w http.ResponseWriter, r *http.Request) error {
	product, err := a.findProduct(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, product)
}

func (a *API) stock(w http.ResponseWriter, r *http.Request) error {
	product, err := a.findProduct(r)
	if err != nil {
		return err
	}
	level, known := a.Inventory.Level(product.SKU)
	if !known {
		return statusError{http.StatusServiceUnavailable, "the stock is not known yet"}
	}
	return writeJSON(w, http.StatusOK, level)
}

func (a *API) picture(w http.ResponseWriter, r *http.Request) error {
	product, err := a.findProduct(r)
	if err != nil {
		return err
	}
	picture, err := a.Codec.Thumbnail(product.ID)
	if err != nil {
		return err
	}
	return writeBytes(w, http.StatusOK, "application/octet-stream", picture)
}

func (a *API) search(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("q")
	if text == "" || len(text) > 100 {
		return badRequest("q must have 1 to 100 bytes")
	}
	return writeJSON(w, http.StatusOK, a.Catalog.Search(text))
}

func (a *API) login(w http.ResponseWriter, r *http.Request) error {
	var body struct{ Customer string }
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if body.Customer == "" || len(body.Customer) > 100 {
		return badRequest("customer must have 1 to 100 bytes")
	}
	token := a.Sessions.Open(body.Customer, time.Now())
	return writeJSON(w, http.StatusOK, map[string]string{"token": token})
}

func (a *API) placeOrder(w http.ResponseWriter, r *http.Request) error {
	session := a.session(r)
	if session == nil {
		return statusError{http.StatusUnauthorized, "log in first"}
	}
	var body struct {
		Lines []struct{ ProductID, Quantity int }
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if len(body.Lines) == 0 || len(body.Lines) > maxLines {
		return badRequest("an order has 1 to %d lines", maxLines)
	}
	lines := make([]orders.Line, 0, len(body.Lines))
	for _, line := range body.Lines {
		product, err := a.Catalog.Product(line.ProductID)
		if err != nil || line.Quantity < 1 || line.Quantity > 1000 {
			return badRequest("can't sell %d of product %d", line.Quantity, line.ProductID)
		}
		price := product.PriceCents - product.PriceCents*memberDiscount/100
		lines = append(lines, orders.Line{ProductID: product.ID, Quantity: line.Quantity, PriceCents: price})
	}
	order := a.Orders.Place(session.Customer, lines, time.Now())
	if !a.Fulfilment.Submit(order.ID) {
		return statusError{http.StatusServiceUnavailable, "too many orders, try again"}
	}
	return writeJSON(w, http.StatusCreated, order)
}

func (a *API) order(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	order, err := a.Orders.Find(id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, order)
}

func (a *API) topSellers(w http.ResponseWriter, r *http.Request) error {
	n, err := intParam(r, "n", 20)
	if err != nil {
		return err
	}
	if n < 1 || n > 100 {
		return badRequest("n must be 1 to 100")
	}
	return writeJSON(w, http.StatusOK, a.Sales.Top(n, time.Now()))
}

func (a *API) recentRequests(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, tracking.Recent(supportRequests))
}

func (a *API) nothingHere(http.ResponseWriter, *http.Request) error {
	return statusError{http.StatusNotFound, "nothing here"}
}
