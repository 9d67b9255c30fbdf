package mailbox

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Message is one mail that arrived.
type Message struct {
	ID         string            `json:"id"` // answered as X-Message-Id; ids sort by time of arrival
	To         string            `json:"to"` // one address, or several with ", " between them
	ToName     string            `json:"to_name,omitempty"`
	From       string            `json:"from"`
	FromName   string            `json:"from_name,omitempty"`
	ReplyTo    string            `json:"reply_to,omitempty"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text"`
	HTML       string            `json:"html"`
	Categories []string          `json:"categories"`
	CustomArgs map[string]string `json:"custom_args"`
	Headers    map[string]string `json:"headers"`
	ReceivedAt time.Time         `json:"received_at"`
	Links      []string          `json:"links"` // every http(s) address in either part, in order, once
}

// newID returns an ID that sorts by time: 12 hexadecimal digits of milliseconds, then chance.
func newID(now time.Time) string {
	var chance [6]byte
	_, _ = rand.Read(chance[:]) // never fails, by crypto/rand's promise
	return fmt.Sprintf("%012x%s", now.UnixMilli(), hex.EncodeToString(chance[:]))
}

var (
	textLink = regexp.MustCompile(`https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+`)
	htmlLink = regexp.MustCompile(`(?i)\shref\s*=\s*["'](https?://[^"']+)["']`)
)

// links finds the addresses in both parts.
func links(text, htmlPart string) []string {
	found := []string{}
	add := func(link string) {
		if !slices.Contains(found, link) {
			found = append(found, link)
		}
	}
	for _, link := range textLink.FindAllString(text, -1) {
		add(strings.TrimRight(link, ".,;:!?')]")) // a sentence's end is not the address's
	}
	for _, match := range htmlLink.FindAllStringSubmatch(htmlPart, -1) {
		add(html.UnescapeString(match[1]))
	}
	return found
}

func path(dir string, message *Message) string { return filepath.Join(dir, message.ID+".json") }

// save writes a message's file whole or not at all.
func save(dir string, message *Message) error {
	encoded, err := json.MarshalIndent(message, "", "  ")
	if err != nil {
		return fmt.Errorf("encode it: %w", err)
	}
	partial := path(dir, message) + ".partial"
	if err := os.WriteFile(partial, encoded, 0o600); err != nil {
		return fmt.Errorf("write it: %w", err)
	}
	return os.Rename(partial, path(dir, message))
}

func remove(dir string, message *Message) error {
	if err := os.Remove(path(dir, message)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// load reads the messages of a folder, oldest first, and makes the folder if it is not there.
func load(dir string) ([]*Message, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make its folder: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json")) // sorted, and so are the IDs
	if err != nil {
		return nil, fmt.Errorf("list its folder: %w", err)
	}
	messages := make([]*Message, 0, len(names))
	for _, name := range names {
		encoded, err := os.ReadFile(name) //nolint:gosec // a file of the mailbox's own folder
		if err != nil {
			return nil, fmt.Errorf("read a message: %w", err)
		}
		message := &Message{}
		if err := json.Unmarshal(encoded, message); err != nil {
			return nil, fmt.Errorf("read message %s: %w", filepath.Base(name), err)
		}
		messages = append(messages, message)
	}
	return messages, nil
}
