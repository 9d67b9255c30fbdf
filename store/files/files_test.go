package files_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/store/files"
)

const key = "ab/abcd-0190a000-0000-7000-8000-000000000000"

// open opens a store in a folder that is not there yet.
func open(t *testing.T) (store *files.Store, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "documents")
	return openAt(t, "file://"+folder), folder
}

func openAt(t *testing.T, address string) *files.Store {
	t.Helper()
	s, err := files.Open(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// names are the files in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	found := []string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			path, err = filepath.Rel(folder, path)
			found = append(found, path)
		}
		return err
	}))
	return found
}

func requireAway(t *testing.T, err error) {
	t.Helper()
	var e *station.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, station.Unavailable, e.Code)
	require.Equal(t, "documents_unavailable", e.Key)
}

// keeps checks what every store must do.
func keeps(t *testing.T, s *files.Store) {
	t.Helper()
	content := strings.Repeat("content ", 1000)
	require.NoError(t, s.Put(t.Context(), key, strings.NewReader(content), "application/pdf"))
	r, err := s.Open(t.Context(), key)
	require.NoError(t, err)
	all, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, content, string(all))
	end, err := r.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	require.Equal(t, int64(len(content)), end)
	_, err = r.Seek(4, io.SeekStart)
	require.NoError(t, err)
	part := make([]byte, 8)
	_, err = io.ReadFull(r, part)
	require.NoError(t, err)
	require.Equal(t, "ent cont", string(part))
	require.NoError(t, r.Close())

	require.NoError(t, s.Delete(t.Context(), key))
	require.NoError(t, s.Delete(t.Context(), key), "twice is once")
	_, err = s.Open(t.Context(), key)
	requireAway(t, err)
}

func TestFolder_KeepsFilesThatNobodyElseReads(t *testing.T) {
	s, folder := open(t)
	require.NoError(t, s.Put(t.Context(), key, strings.NewReader("x"), "application/pdf"))
	require.Equal(t, []string{key}, names(t, folder))
	for name, mode := range map[string]fs.FileMode{"": 0o700, "ab": 0o700, key: 0o600} {
		info, err := os.Stat(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	keeps(t, s)
}

func TestPut_ThatFailsLeavesNothing(t *testing.T) {
	s, folder := open(t)
	half := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(errors.New("the disk is gone")))
	requireAway(t, s.Put(t.Context(), key, half, "application/pdf"))
	require.Empty(t, names(t, folder))

	ctx, leave := context.WithCancel(t.Context())
	err := s.Put(ctx, key, io.MultiReader(strings.NewReader("x"), reading(func() { leave() })), "application/pdf")
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, station.CodeOf(err), "whoever asked has gone: no outage")
	require.Empty(t, names(t, folder))
}

// reading does something when it is read, and is empty.
type reading func()

func (r reading) Read([]byte) (int, error) {
	r()
	return 0, io.EOF
}

func TestFolder_ThatCannotBeWrittenIsAway(t *testing.T) {
	s, folder := open(t)
	require.NoError(t, os.RemoveAll(folder))
	require.NoError(t, os.WriteFile(folder, nil, 0o600)) // root may write to any folder, but not to a file
	requireAway(t, s.Put(t.Context(), key, strings.NewReader("x"), "application/pdf"))
	_, err := s.Open(t.Context(), key)
	requireAway(t, err)
}

func TestOpen_SaysWhatIsWrongWithAnAddress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, address := range []string{"", "documents", "mem://", "ftp://x", "file://" + file, "file:///tmp?x=y", "s3://bucket?region=x&nonsense=y", "%"} {
		_, err := files.Open(t.Context(), address)
		require.Error(t, err, address)
	}
}

// bucket is as much of S3 as a store needs. It takes bodies as they are: what
// is signed or summed up in pieces it would not understand, as OSS does not.
type bucket struct {
	mu    sync.Mutex
	files map[string][]byte
	wrong []string
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range r.Header {
		if strings.HasPrefix(strings.ToLower(name), "x-amz-checksum") || name == "X-Amz-Trailer" || r.Header.Get("Content-Encoding") == "aws-chunked" {
			b.wrong = append(b.wrong, r.Method+" "+name)
		}
	}
	content, there := b.files[r.URL.Path]
	switch {
	case r.Method == http.MethodPut:
		b.files[r.URL.Path], _ = io.ReadAll(r.Body)
		w.Header().Set("ETag", `"x"`)
	case r.Method == http.MethodDelete:
		delete(b.files, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	case !there:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `<Error><Code>NoSuchKey</Code></Error>`)
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

func TestBucket_IsOpenedByItsAddress(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	b := &bucket{files: map[string][]byte{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	s := openAt(t, "s3://documents?region=any&use_path_style=true&request_checksum_calculation=when_required&response_checksum_validation=when_required&endpoint="+
		url.QueryEscape(server.URL))
	require.NoError(t, s.Put(t.Context(), key, bytes.NewReader(make([]byte, 3<<20)), "application/pdf"))
	assert.Len(t, b.files["/documents/"+key], 3<<20)
	keeps(t, s)
	assert.Empty(t, b.wrong)

	server.Close()
	requireAway(t, s.Put(t.Context(), key, strings.NewReader("x"), "application/pdf"))
}
