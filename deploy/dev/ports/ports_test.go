package ports_test

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/deploy/dev/ports"
)

func TestFree_ReturnsDifferentPortsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	free, err := ports.Free(t.Context(), 3)
	require.NoError(t, err)
	require.Len(t, free, 3)
	require.NotEqual(t, free[0], free[1])
	require.False(t, ports.Taken(t.Context(), free[0]))
}

func TestHolder_NamesTheProgramThatListens(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "0.0.0.0:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	require.True(t, ports.Taken(t.Context(), port), "a listener on all addresses takes the port on loopback too")
	if runtime.GOOS == "linux" {
		require.Equal(t, "ports.test (process "+strconv.Itoa(os.Getpid())+")", ports.Holder(port))
	}

	free, err := ports.Free(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "another program", ports.Holder(free[0]))
}
