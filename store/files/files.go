package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"
	"gocloud.dev/gcerrors"

	"wutong/station"
)

// Store is a folder or a bucket. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
}

var _ station.Files = (*Store)(nil)

// Open opens a store by its URL:
//
//   - file:///var/lib/wutong/documents is a folder, made if it is not there. All
//     API processes must see the same one.
//   - s3://BUCKET?region=eu-central-1 is a bucket of Amazon S3.
//   - s3://BUCKET?region=oss-cn-hangzhou&endpoint=https://s3.oss-cn-hangzhou.aliyuncs.com&request_checksum_calculation=when_required&response_checksum_validation=when_required
//     is a bucket of Alibaba Cloud OSS, by its S3 interface, which knows none of
//     the newer checksums of S3.
//   - s3://BUCKET?region=any&endpoint=http://127.0.0.1:9000&use_path_style=true
//     is one of MinIO and its like.
//
// The credentials are in the environment, as AWS's tools have them:
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or a profile or role.
func Open(ctx context.Context, url string) (*Store, error) {
	var known blob.URLMux
	known.RegisterBucket(fileblob.Scheme, &fileblob.URLOpener{Options: fileblob.Options{
		CreateDir: true, DirFileMode: 0o700,
		NoTempDir: true, // another file system's file could not be moved here at once
		Metadata:  fileblob.MetadataDontWrite,
	}})
	known.RegisterBucket(s3blob.Scheme, &s3blob.URLOpener{})
	bucket, err := known.OpenBucket(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open the documents' store: %w", err)
	}
	return &Store{bucket: bucket}, nil
}

// Close ends what the store keeps open.
func (s *Store) Close() error { return s.bucket.Close() }

// patience is how long a file may take to be kept: an object store that does
// not answer is away.
const patience = time.Minute

// Put keeps a file whole, or not at all. In a folder it is on the disk when Put
// returns, as a committed row is.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, mediaType string) error {
	writing, giveUp := context.WithTimeout(ctx, patience)
	defer giveUp()
	var local *os.File
	w, err := s.bucket.NewWriter(writing, key, &blob.WriterOptions{
		ContentType: mediaType,
		BeforeWrite: func(as func(any) bool) error {
			if !as(&local) {
				return nil
			}
			return local.Chmod(0o600)
		},
	})
	if err != nil {
		return away(ctx, "keep", err)
	}
	_, err = io.Copy(w, r)
	if err == nil && local != nil {
		err = local.Sync()
	}
	if err != nil {
		giveUp() // or closing would keep what has come so far
		_ = w.Close()
		return away(ctx, "keep", err)
	}
	if err := w.Close(); err != nil {
		return away(ctx, "keep", err)
	}
	if local == nil {
		return nil
	}
	folder := filepath.Dir(local.Name())
	if err := errors.Join(syncFolder(folder), syncFolder(filepath.Dir(folder))); err != nil {
		return away(ctx, "keep", err)
	}
	return nil
}

// syncFolder writes a folder's names to the disk.
func syncFolder(name string) error {
	folder, err := os.Open(name) //nolint:gosec // one of the store's own
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Open returns a file's content. It can be read again from anywhere.
func (s *Store) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if err != nil {
		return nil, away(ctx, "read", err)
	}
	return r, nil
}

// Delete removes a file.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return away(ctx, "delete", err)
	}
	return nil
}

// away says that a store does not do what it should. Whose request has ended is
// no trouble of the store's.
func away(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s a file: %w", what, ctx.Err())
	}
	return station.Refuse(station.Unavailable, "documents_unavailable", "the documents' store cannot %s a file: %v", what, err)
}
