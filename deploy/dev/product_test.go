package dev_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// playProduct makes the test binary stand in for the built product.
const playProduct = "DEV_TEST_PRODUCT=1"

func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(playProduct, "="); os.Getenv(name) == value {
		os.Exit(product(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// product knows the commands of the real one and does what the stack can tell of them.
func product(args []string) int {
	command := strings.Join(args, " ")
	switch args[0] {
	case "migrate", "seed":
		note(command)
	case "token":
		note("token")
		_, _ = fmt.Println("token-of-" + args[3])
	case "api":
		return api()
	case "worker":
		_, _ = fmt.Println("worker works for", os.Getenv("TEMPORAL_ADDRESS"))
		time.Sleep(time.Minute)
	default:
		fmt.Fprintln(os.Stderr, "no such command")
		return 2
	}
	return 0
}

// note leaves a line for the test to read.
func note(line string) {
	f, err := os.OpenFile(os.Getenv("DEV_TEST_NOTES"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	_, _ = f.WriteString(line + "\n")
}

// api is ready at once and knows the tokens that begin as they should.
func api() int {
	_ = http.ListenAndServe(os.Getenv("WUTONG_ADDR"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch token, sent := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
		case r.URL.Path == "/readyz":
		case r.URL.Path == "/stop":
			fmt.Fprintln(os.Stderr, "api was told to end")
			os.Exit(3)
		case r.URL.Path == "/codec/decode":
			_, _ = w.Write([]byte(token))
		case !sent || !strings.HasPrefix(token, "token-of-"):
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	return 1
}
