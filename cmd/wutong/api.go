package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wutong/api"
	"wutong/station"
	"wutong/store/files"
	"wutong/worker/codec"
	"wutong/workflows"
)

// drainPatience is how long requests under way may take when the API stops.
const drainPatience = 10 * time.Second

// runAPI serves HTTP until ctx ends.
func runAPI(ctx context.Context, log *slog.Logger) error {
	db, err := openStore()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	c, namespace, err := dial(log)
	if err != nil {
		return err
	}
	defer c.Close()
	post, err := newPost(log)
	if err != nil {
		return err
	}
	post.Store = db
	keys, err := codec.ParseKeys(os.Getenv("WUTONG_CODEC_KEYS"))
	if err != nil {
		return fmt.Errorf("WUTONG_CODEC_KEYS: %w", err)
	}
	rate, err := rateOf(os.Getenv("WUTONG_RATE"))
	if err != nil {
		return err
	}
	kept, err := openFiles(ctx, log)
	if err != nil {
		return err
	}
	draining := make(chan struct{})
	service := station.NewService(station.Options{
		Store: db, Engine: &workflows.Engine{Client: c, Namespace: namespace}, Files: kept, Links: post.Links, Log: log, Now: time.Now,
	})
	addr := os.Getenv("WUTONG_ADDR")
	if addr == "" {
		addr = "127.0.0.1:8080"
	}
	server := &http.Server{
		Handler: api.New(api.Options{ //nolint:contextcheck // handlers take the context of their request
			Service: service, Log: log, Now: time.Now, Version: os.Getenv("WUTONG_BUILD_ID"), PublicURL: post.PublicURL, Codec: codec.Handler(keys),
			Webhook: post, Metrics: promhttp.Handler(), Draining: draining, Rate: rate,
		}),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%s is taken or not ours: set WUTONG_ADDR to another address, or stop what listens there (%w)", addr, err)
	}
	log.InfoContext(ctx, "api listens", "address", addr)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	close(draining)
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), drainPatience)
	defer stop()
	if err := server.Shutdown(last); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// openFiles opens where documents are kept; nothing when that is not said.
func openFiles(ctx context.Context, log *slog.Logger) (station.Files, error) {
	url := os.Getenv("WUTONG_DOCUMENTS")
	if url == "" {
		log.WarnContext(ctx, "no documents are taken: WUTONG_DOCUMENTS does not say where to keep them")
		return nil, nil //nolint:nilnil // the service does without
	}
	kept, err := files.Open(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("WUTONG_DOCUMENTS: give the URL of a folder (file:///…) or a bucket (s3://…): %w", err)
	}
	return kept, nil
}

// rateOf reads how many requests a second one token may make; "none" is no
// limit, for tokens and for addresses.
func rateOf(text string) (api.Rate, error) {
	switch text {
	case "":
		return api.Rate{}, nil
	case "none":
		return api.Rate{PerSecond: -1, AnonymousPerSecond: -1}, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n <= 0 {
		return api.Rate{}, fmt.Errorf("WUTONG_RATE is %q: give requests per second and token, or none", text)
	}
	return api.Rate{PerSecond: n, Burst: int(2*n) + 1}, nil
}
