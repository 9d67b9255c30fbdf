package main

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"wutong/deploy/dev"
)

// optionsFromEnvironment reads the ports, and otherwise what `make run` uses.
func optionsFromEnvironment(getenv func(string) string) (dev.Options, error) {
	o := dev.Options{
		Dir:     folder,
		Ports:   dev.DefaultPorts,
		Binary:  filepath.Join("bin", "wutong"),
		Sample:  filepath.Join("deploy", "sample"),
		BuildID: getenv("WUTONG_BUILD_ID"),
	}
	for name, port := range map[string]*int{"WUTONG_ADDR": &o.Ports.API, "TEMPORAL_ADDRESS": &o.Ports.Temporal} {
		if err := portOf(name, getenv(name), port); err != nil {
			return o, err
		}
	}
	for name, port := range map[string]*int{
		"WUTONG_UI_PORT": &o.Ports.UI, "WUTONG_CODEC_PORT": &o.Ports.Codec,
		"WUTONG_MAILBOX_PORT": &o.Ports.Mailbox, "WUTONG_POSTGRES_PORT": &o.Ports.Postgres,
	} {
		if value := getenv(name); value != "" {
			n, err := number(name, value)
			if err != nil {
				return o, err
			}
			*port = n
		}
	}
	return o, nil
}

// portOf reads an address. The stack is for this machine only: an address elsewhere was meant for another command.
func portOf(name, value string, port *int) error {
	if value == "" {
		return nil
	}
	host, text, err := net.SplitHostPort(value)
	if ip := net.ParseIP(host); err != nil || (host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return fmt.Errorf("%s is %q, but the stack runs on this machine only: unset it, or set it to 127.0.0.1:PORT", name, value)
	}
	*port, err = number(name, text)
	return err
}

func number(name, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%s is %q: set it to a port between 1 and 65535", name, text)
	}
	return n, nil
}
