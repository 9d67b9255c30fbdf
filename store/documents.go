package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"wutong/station"
)

// documentRow is a document as it is kept.
type documentRow struct {
	ID         string
	Owner      string
	Name       string
	MediaType  string `db:"media_type"`
	Size       int64
	SHA256     []byte
	Key        string
	UploadedAt time.Time `db:"uploaded_at"`
	Provider   string    // of the owner, where somebody asks
}

const documentColumns = `id, owner, name, media_type, size, sha256, key, uploaded_at`

// ownedDocuments are the columns with the owner's provider.
const ownedDocuments = documentColumns + `, coalesce((SELECT a.provider FROM accounts a WHERE a.id = documents.owner), '') AS provider`

func (r documentRow) station() station.Document { return station.Document(r) }

// InsertDocument keeps a document once per owner and content, and notes what
// the request's key was used for.
func (db *DB) InsertDocument(ctx context.Context, d station.Document, requestKey string) (station.Document, error) {
	var kept documentRow
	err := db.transact(ctx, func(tx *sqlx.Tx) error {
		// the update changes nothing: it returns the row that is there, and holds it
		err := tx.GetContext(ctx, &kept, `
			INSERT INTO documents (`+documentColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (owner, sha256) WHERE erased_at IS NULL DO UPDATE SET name = documents.name
			RETURNING `+documentColumns, d.ID, d.Owner, d.Name, d.MediaType, d.Size, d.SHA256, d.Key, d.UploadedAt)
		if err != nil {
			return fmt.Errorf("insert the document: %w", err)
		}
		if requestKey == "" {
			return nil
		}
		var used string
		err = tx.GetContext(ctx, &used, `
			INSERT INTO document_requests (owner, request_key, document) VALUES ($1, $2, $3)
			ON CONFLICT (owner, request_key) DO UPDATE SET document = document_requests.document
			RETURNING document`, d.Owner, requestKey, kept.ID)
		if err == nil && used != kept.ID {
			return station.Refuse(station.Invalid, "key_reused", "the key was used for another document")
		}
		return err
	})
	if err != nil {
		return station.Document{}, err
	}
	return kept.station(), nil
}

// DocumentByID returns a document that is not erased.
func (db *DB) DocumentByID(ctx context.Context, id string) (station.Document, error) {
	var d documentRow
	err := db.GetContext(ctx, &d, `SELECT `+ownedDocuments+` FROM documents WHERE id = $1 AND erased_at IS NULL`, id)
	return d.station(), notFound(err, "no document %s", id)
}

// neededPapers are the papers p of a talent that a service needs whose case is c,
// for as long as it is open.
const neededPapers = `cases c JOIN services s ON s.case_id = c.id JOIN offers o ON o.code = s.code
	JOIN papers p ON p.account = c.applicant AND o.offer->'papers' ? p.kind AND c.ended_at IS NULL`

const selectDocumentsOfCase = `
	SELECT ` + ownedDocuments + ` FROM documents JOIN (
		SELECT document, min(at) AS at FROM (
			SELECT document, at FROM case_documents WHERE case_id = $1
			UNION ALL SELECT p.document, p.given_at FROM ` + neededPapers + ` WHERE c.id = $1) given
		GROUP BY document) d ON d.document = id
	WHERE erased_at IS NULL ORDER BY d.at, id`

// DocumentsOfCase returns what was handed in for a case, in the order in which it
// was; of a service, with the papers that it needs.
func (db *DB) DocumentsOfCase(ctx context.Context, caseID string) ([]station.Document, error) {
	var rows []documentRow
	if err := db.SelectContext(ctx, &rows, selectDocumentsOfCase, caseID); err != nil {
		return nil, domainError(err)
	}
	list := make([]station.Document, len(rows))
	for i, r := range rows {
		list[i] = r.station()
	}
	return list, nil
}

// whereServed are the cases c that a document ($1) serves.
const whereServed = ` WHERE c.id IN (
	SELECT case_id FROM case_documents WHERE document = $1
	UNION SELECT c.id FROM documents d JOIN ` + neededPapers + ` ON c.applicant = d.owner AND p.document = d.id WHERE d.id = $1)
	ORDER BY c.id`

// CasesOfDocument returns the cases that a document serves: for which it was handed
// in, and the services that need it as a paper.
func (db *DB) CasesOfDocument(ctx context.Context, id string) ([]station.Case, error) {
	return db.cases(ctx, whereServed, id)
}

const selectDocuments = `
	SELECT ` + documentColumns + ` FROM documents WHERE owner = $1 AND erased_at IS NULL AND id < $2
	ORDER BY id DESC NULLS LAST LIMIT $3`

// DocumentList lists an account's documents, the newest first.
func (db *DB) DocumentList(ctx context.Context, q station.DocumentQuery) (station.Page[station.Document], error) {
	name, size := listName("documents", q.Owner), pageSize(q.Limit)
	after, err := readCursor(q.Cursor, name, isUUID)
	if err != nil {
		return station.Page[station.Document]{}, err
	}
	from := lastID
	if after != nil {
		from = after[0]
	}
	var rows []documentRow
	err = db.SelectContext(ctx, &rows, selectDocuments, q.Owner, from, size+1)
	if err != nil {
		return station.Page[station.Document]{}, domainError(err)
	}
	rows, next := cutPage(rows, size, name, func(d documentRow) []string { return []string{d.ID} })
	p := station.Page[station.Document]{Items: make([]station.Document, len(rows)), Next: next}
	for i, d := range rows {
		p.Items[i] = d.station()
	}
	return p, nil
}

// attachDocuments notes that documents serve a case. Each must be the owner's own, or
// serve the case already, and is held until the transaction ends; Invalid says which
// are not.
func attachDocuments(ctx context.Context, tx *sqlx.Tx, caseID, owner string, ids []string, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	wanted := make([]string, len(ids)) // as PostgreSQL writes them; "" is none
	for i, id := range ids {
		if u, err := uuid.Parse(id); err == nil {
			wanted[i] = u.String()
		}
	}
	asked := slices.DeleteFunc(slices.Clone(wanted), func(id string) bool { return id == "" })
	var owned []string
	err := tx.SelectContext(ctx, &owned, `
		SELECT id::text FROM documents WHERE id = ANY($1::uuid[]) AND erased_at IS NULL
		AND (owner::text = $2 OR EXISTS (SELECT FROM case_documents c WHERE c.case_id = $3 AND c.document = id)) ORDER BY id FOR SHARE`,
		textArray(asked), strings.ToLower(owner), caseID)
	if err != nil {
		return fmt.Errorf("look for the documents: %w", err)
	}
	var wrong []station.Field
	for i, id := range wanted {
		if !slices.Contains(owned, id) {
			wrong = append(wrong, station.Field{Path: fmt.Sprintf("documents/%d", i), Rule: "unknown_document"})
		}
	}
	if len(wrong) > 0 {
		return &station.Error{Code: station.Invalid, Key: "invalid", Message: fmt.Sprintf("%d document(s) are not there, or not %s's", len(wrong), owner), Fields: wrong}
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO case_documents (case_id, document, at) SELECT $1, id, $3 FROM unnest($2::uuid[]) AS id ON CONFLICT DO NOTHING`,
		caseID, textArray(owned), at)
	if err != nil {
		return fmt.Errorf("attach the documents: %w", err)
	}
	return nil
}
