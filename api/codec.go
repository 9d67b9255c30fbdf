package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// mountCodec lets operators' Temporal UI read payloads. How large they may be
// is the codec's to say. A UI of another origin needs a proxy that answers the
// browser's preflight: no page of another origin may ask here.
func (e *edge) mountCodec(g *gin.Engine) {
	if e.Codec == nil {
		return
	}
	inner := http.StripPrefix("/codec", e.Codec)
	g.POST("/codec/*rest", func(c *gin.Context) {
		if err := e.operator(c); err != nil {
			e.fail(c, err)
			return
		}
		inner.ServeHTTP(c.Writer, c.Request)
	})
}

// operator finds out whether an operator asks.
func (e *edge) operator(c *gin.Context) error {
	if err := e.authenticate(c); err != nil {
		return err
	}
	return e.svc.MayOperate(actorOf(c.Request.Context()))
}
