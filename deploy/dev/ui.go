package dev

import (
	"context"
	"fmt"
	"net/url"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"

	"wutong/deploy/dev/codecproxy"
	"wutong/deploy/dev/ports"
)

// uiStartLimit bounds the start of the UI, which only opens a port.
const uiStartLimit = 10 * time.Second

// startUI starts Temporal's web UI and the forwarder that decrypts for it. Both work before Temporal does.
func (s *Stack) startUI(ctx context.Context) error {
	api, err := url.Parse(s.APIURL())
	if err != nil {
		return fmt.Errorf("read the API's address: %w", err)
	}
	s.codec, err = serve(ctx, s.Ports.Codec, codecproxy.New(codecproxy.Config{
		API:     api,
		Origins: []string{"http://" + ports.Loopback(s.Ports.UI), fmt.Sprintf("http://localhost:%d", s.Ports.UI)},
		Token:   s.operatorToken,
	}))
	if err != nil {
		return err
	}
	s.ui = uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: s.Temporal.Address(),
		Host:                "127.0.0.1",
		Port:                s.Ports.UI,
		EnableUI:            true,
		DefaultNamespace:    s.opts.Namespace,
		DisableNewsFetch:    true, // the stack works without a network
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain HTTP on loopback
		Codec: uiconfig.Codec{
			Endpoint:            "http://" + ports.Loopback(s.Ports.Codec),
			DefaultErrorMessage: "The API decrypts this; is it running?",
		},
	}))
	go func() { _ = s.ui.Start() }() // it exits the process if its port is taken: claim looked
	ctx, cancel := context.WithTimeout(ctx, uiStartLimit)
	defer cancel()
	for !ports.Taken(ctx, s.Ports.UI) {
		if !pause(ctx, pollEvery) {
			return fmt.Errorf("the Temporal UI did not start on port %d: %w", s.Ports.UI, ctx.Err())
		}
	}
	return nil
}
