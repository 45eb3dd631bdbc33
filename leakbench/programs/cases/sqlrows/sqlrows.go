// Package sqlrows returns early from a query without closing its rows, which keeps the connection.
package sqlrows

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"os"

	"plimsoll.dev/leakbench/harness"
)

// fakeDriver stands for a database: each connection holds a descriptor and some buffers, as real ones do.
type fakeDriver struct{}

type conn struct {
	file   *os.File
	buffer []byte
}

func (fakeDriver) Open(string) (driver.Conn, error) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	return &conn{file: file, buffer: make([]byte, 16<<10)}, nil
}

func (c *conn) Prepare(string) (driver.Stmt, error) { return stmt{}, nil }
func (c *conn) Close() error                        { return c.file.Close() }
func (c *conn) Begin() (driver.Tx, error)           { return nil, errors.New("no transactions") }

type stmt struct{}

func (stmt) Close() error                               { return nil }
func (stmt) NumInput() int                              { return 0 }
func (stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("only queries") }
func (stmt) Query([]driver.Value) (driver.Rows, error)  { return &rows{left: 5}, nil }

type rows struct{ left int }

func (*rows) Columns() []string { return []string{"id"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(into []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	into[0] = int64(r.left)
	return nil
}

func firstID(db *sql.DB, closes bool) (int64, error) {
	found, err := db.Query("SELECT id FROM orders")
	if err != nil {
		return 0, err
	}
	if closes {
		defer found.Close()
	}
	var id int64
	if found.Next() {
		err = found.Scan(&id)
	}
	return id, err
}

func init() {
	sql.Register("leakcase", fakeDriver{})
	harness.Register(harness.Case{
		Name: "sqlrows", Class: "fd", Pattern: "rows that are not closed keep their connection",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/sqlrows.firstID",
			"plimsoll.dev/leakbench/cases/sqlrows.fakeDriver.Open",
			"database/sql.(*DB).conn", "database/sql.(*DB).Query",
		},
		Rps: 15,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			db, err := sql.Open("leakcase", "")
			if err != nil {
				return nil, err
			}
			return func(context.Context, int) { _, _ = firstID(db, !leak) }, nil
		},
	})
}
