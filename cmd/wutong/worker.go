package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	tlog "go.temporal.io/sdk/log"

	"wutong/activities"
	"wutong/activities/mail"
	"wutong/station"
	"wutong/worker"
	"wutong/worker/codec"
	"wutong/workflows"
)

// runWorker runs the workers until ctx ends.
func runWorker(ctx context.Context, log *slog.Logger) error {
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
	if post.Doubt, err = durationOf("WUTONG_MAIL_DOUBT", 15*time.Minute); err != nil {
		return err
	}
	engine := &workflows.Engine{Client: c, Namespace: namespace}
	return worker.New(worker.Options{
		Client: c, Log: log, BuildID: os.Getenv("WUTONG_BUILD_ID"), Promote: os.Getenv("WUTONG_PROMOTE") == "true",
		Records: &activities.Records{Store: db, Engine: engine, Log: log}, Post: post,
		Upkeep: &activities.Upkeep{Store: db, Engine: engine, Log: log, Now: time.Now},
	}).Run(ctx)
}

// durationOf reads a duration such as 90s from the environment.
func durationOf(name string, unset time.Duration) (time.Duration, error) {
	text := os.Getenv(name)
	if text == "" {
		return unset, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s is %q: give a duration such as 90s or 15m", name, text)
	}
	return d, nil
}

// dial connects to Temporal as its environment says. It does not wait for it.
func dial(log *slog.Logger) (client.Client, string, error) {
	o, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, "", fmt.Errorf("read Temporal's settings: %w", err)
	}
	if o.Namespace == "" {
		o.Namespace = "wutong"
	}
	keys, err := codec.ParseKeys(os.Getenv("WUTONG_CODEC_KEYS"))
	if err != nil {
		return nil, "", fmt.Errorf("WUTONG_CODEC_KEYS: %w", err)
	}
	o.DataConverter, o.FailureConverter = codec.Options(keys)
	o.Logger = tlog.NewStructuredLogger(log)
	c, err := client.NewLazyClient(o)
	return c, o.Namespace, err
}

// newPost reads how mails are sent; the store is the caller's.
func newPost(log *slog.Logger) (*activities.Post, error) {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("WUTONG_LINK_KEY"))
	if err != nil {
		return nil, errors.New("WUTONG_LINK_KEY is not base64: give 32 random bytes in base64")
	}
	links, err := station.NewLinkSigner(key)
	if err != nil {
		return nil, fmt.Errorf("WUTONG_LINK_KEY: %w", err)
	}
	p := &activities.Post{
		Links: links, PublicURL: os.Getenv("WUTONG_PUBLIC_URL"), Log: log, Now: time.Now,
		Sender: mail.NewSender(mail.Config{
			APIKey: os.Getenv("SENDGRID_API_KEY"), Host: os.Getenv("SENDGRID_HOST"),
			From: os.Getenv("WUTONG_MAIL_FROM"), FromName: "青年人才工作站 · Wutong", Now: time.Now,
		}),
	}
	if public := os.Getenv("SENDGRID_WEBHOOK_KEY"); public != "" {
		if p.Verifier, err = mail.VerifySignature(public); err != nil {
			return nil, fmt.Errorf("SENDGRID_WEBHOOK_KEY: %w", err)
		}
	}
	return p, nil
}
