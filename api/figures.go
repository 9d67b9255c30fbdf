package api

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// The media types of figures: numbers, a file for a spreadsheet, a chart.
const (
	mediaJSON = "application/json"
	mediaCSV  = "text/csv"
	mediaSVG  = "image/svg+xml"
)

// figures are a report in each form that one can have it in.
type figures struct {
	name     string // of its files, without an ending
	numbers  any
	csv, svg func() ([]byte, error)
}

// answer answers the figures in the format that was asked for or, without one, as
// Accept says.
func (f figures) answer(ctx context.Context, format string) (*huma.StreamResponse, error) {
	media, asked := map[string]string{"json": mediaJSON, "csv": mediaCSV, "svg": mediaSVG}[format]
	if !asked {
		media = preferred(frameOf(ctx).accept, mediaJSON, mediaCSV, mediaSVG)
	}
	write := func() ([]byte, error) { return json.Marshal(f.numbers) }
	switch media {
	case mediaCSV:
		write = f.csv
	case mediaSVG:
		write = f.svg
	}
	content, err := write()
	if err != nil {
		return nil, fmt.Errorf("write %s as %s: %w", f.name, media, err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		switch media {
		case mediaCSV:
			c.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name + ".csv"}))
			media += "; charset=utf-8"
		case mediaSVG: // it is a document to a browser, and may have its own style
			c.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		}
		c.SetHeader("Content-Type", media)
		_, _ = c.BodyWriter().Write(content) // fails only when nobody reads
	}}, nil
}

// figuresOf describes figures of which T are the numbers.
func figuresOf[T any](api huma.API, description string) map[string]*huma.Response {
	numbers := reflect.TypeFor[T]()
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	return map[string]*huma.Response{strconv.Itoa(http.StatusOK): {Description: description, Content: map[string]*huma.MediaType{
		mediaJSON: {Schema: api.OpenAPI().Components.Schemas.Schema(numbers, true, numbers.Name())}, mediaCSV: text, mediaSVG: text,
	}}}
}
