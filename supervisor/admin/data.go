package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/skeinhq/skein/supervisor/storage"
)

// inspected is how many of the largest and of the oldest projects are named.
const inspected = 10

// saveTimeout bounds the wait for changes that are not on disk yet.
const saveTimeout = 2 * time.Second

// inspectData tells what is kept.
func (a *API) inspectData(c *call) (any, error) {
	f, err := a.file(c)
	if err != nil {
		return nil, err
	}
	i, err := f.Inspect(inspected)
	if err != nil {
		a.Logger.Error("a part of the data could not be read", "err", err)
		return nil, err
	}
	return i, nil
}

// exportData sends what is kept as lines of JSON, as fast as they are read.
func (a *API) exportData(c *call) (any, error) {
	f, err := a.file(c)
	if err != nil {
		return nil, err
	}
	var o storage.ExportOptions
	if c.r.URL.Query().Has("project") {
		name := c.param("project")
		o.Project = &name
	}
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	if err := f.Export(&patient{w: c.w, control: http.NewResponseController(c.w)}, o); err != nil {
		a.Logger.Error("an export was cut off or is not complete", "err", err)
		panic(http.ErrAbortHandler) // so that whoever reads it learns that
	}
	return nil, errAnswered
}

// file is the file with everything that is kept, after what was changed so far has been written to it.
func (a *API) file(c *call) (*storage.File, error) {
	if a.Data == nil {
		return nil, notFound("nothing is kept on disk: data is none")
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), saveTimeout)
	defer cancel()
	if err := a.System.Save(ctx); err != nil {
		a.Logger.Warn("what is read of the data lacks the latest changes", "err", err)
	}
	return a.Data, nil
}

// patient is a writer for answers of any length: the time for writing counts from the latest piece on.
type patient struct {
	w       http.ResponseWriter
	control *http.ResponseController
	renewed time.Time
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.renewed) > time.Second {
		p.renewed = now
		if err := p.control.SetWriteDeadline(now.Add(writeTimeout)); err != nil {
			return 0, err
		}
	}
	return p.w.Write(b)
}
