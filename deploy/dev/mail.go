package dev

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"wutong/deploy/dev/mailbox"
)

// startMailbox starts the stand-in for SendGrid. It tells the API of each delivery, as SendGrid does, signed with a key
// that lives as long as this stack.
func (s *Stack) startMailbox(ctx context.Context) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the mailbox's key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return fmt.Errorf("make the mailbox's key: %w", err)
	}
	s.keys = append(s.keys, "SENDGRID_WEBHOOK_KEY="+base64.StdEncoding.EncodeToString(public))
	o := mailbox.Options{Now: s.opts.Now}
	if !s.opts.NoProduct {
		o.WebhookURL, o.WebhookKey = s.APIURL()+"/v1/webhooks/sendgrid", key
	}
	if !s.opts.Ephemeral {
		o.Dir = s.opts.file("mailbox")
	}
	if s.Mailbox, err = mailbox.New(o); err != nil {
		return err
	}
	s.mailServer, err = serve(ctx, s.Ports.Mailbox, s.Mailbox)
	return err
}

func (s *Stack) stopMailbox(ctx context.Context) error {
	if s.Mailbox != nil {
		s.Mailbox.Close()
	}
	return s.mailServer.stop(ctx)
}
