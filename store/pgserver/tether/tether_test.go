package tether_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wutong/store/pgserver/tether"
)

// TestMain plays the parent that is killed, when a test asks for it by the environment.
func TestMain(m *testing.M) {
	if os.Getenv("TETHER_PARENT") == "" {
		os.Exit(m.Run())
	}
	child, err := tether.Start(exec.CommandContext(context.Background(), "sleep", "60"), syscall.SIGKILL)
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(strconv.Itoa(child.Pid()) + "\n")
	select {}
}

func TestChild_DiesWithItsParent(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a child when its parent dies")
	}
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), "TETHER_PARENT=1")
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return !runs(child) }, 5*time.Second, 10*time.Millisecond)
}

// runs does not count a process that is dead and waits to be collected.
func runs(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestStop_TurnsHarsherUntilTheChildEnds(t *testing.T) {
	t.Parallel()
	deaf := exec.CommandContext(t.Context(), "sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 0.01; done")
	out, err := deaf.StdoutPipe()
	require.NoError(t, err)
	p, err := tether.Start(deaf, syscall.SIGKILL)
	require.NoError(t, err)
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.True(t, p.Running())

	require.NoError(t, p.Stop(t.Context(), 50*time.Millisecond, syscall.SIGINT, syscall.SIGTERM))
	require.False(t, p.Running())
	require.True(t, tether.Killed(p.Err()))
	require.NoError(t, p.Stop(t.Context(), time.Second, syscall.SIGTERM), "stopping it again")
}

func TestStart_SaysWhatCannotBeStarted(t *testing.T) {
	t.Parallel()
	_, err := tether.Start(&exec.Cmd{Path: "/nowhere/program"}, syscall.SIGKILL)
	require.ErrorContains(t, err, "start /nowhere/program")
}
