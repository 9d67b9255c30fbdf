package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/lib/pq"

	"wutong/station"
	"wutong/station/names"
)

// TalentList searches the reserve, newest first. With a name, those come first
// whose whole name it is, in either script and either order, then those of
// whose name it is a part.
func (db *DB) TalentList(ctx context.Context, q station.TalentQuery) (station.Page[station.TalentEntry], error) {
	l := newTalentListing(q)
	var p station.Page[station.TalentEntry]
	if err := l.write(); err != nil || l.text == "" {
		return p, err
	}
	var ranks []string
	err := db.each(ctx, func(row scanner) error {
		var e station.TalentEntry
		var rank string
		var referrers pq.StringArray
		err := row.Scan(&e.ID, &e.Name, &e.Email, &e.Phone, &e.Institution, &e.Field, &e.Branch, &e.Grade, &e.Score, &e.Case, &e.EnteredAt, &referrers, &rank)
		e.Referrers = referrers
		p.Items, ranks = append(p.Items, e), append(ranks, rank)
		return err
	}, l.text, l.args...)
	if err != nil {
		return station.Page[station.TalentEntry]{}, err
	}
	p.Items, p.Next = cutPage(p.Items, l.size, l.name, func(e station.TalentEntry) []string { return []string{ranks[l.size-1], e.ID} })
	return p, nil
}

// The ranks of a match, in the order in which they are listed.
const (
	wholeName  = "0"
	partOfName = "1"
)

// talentListing composes a search of the reserve.
type talentListing struct {
	statement
	q       station.TalentQuery
	name    string
	size    int
	filters []string // on t
	limit   string   // placeholder
}

func newTalentListing(q station.TalentQuery) *talentListing {
	q.Field, q.Institution = strings.TrimSpace(q.Field), institutionKey(q.Institution)
	return &talentListing{q: q, size: pageSize(q.Limit), name: listName("talents", q.Name, q.Field, q.Grade, q.Institution, q.Branch)}
}

// write leaves the text empty if nobody can be found.
func (l *talentListing) write() error {
	after, err := readCursor(l.q.Cursor, l.name, func(s string) bool { return s == wholeName || s == partOfName }, isUUID)
	if err != nil {
		return err
	}
	branches, everywhere := l.branches()
	if len(branches) == 0 && !everywhere {
		return nil
	}
	l.limit = l.arg(l.size + 1)
	l.filter()
	var found string
	if strings.TrimSpace(l.q.Name) == "" {
		found = l.newest(branches, everywhere, after)
	} else {
		found = l.named(branches, everywhere, after)
	}
	if found == "" {
		return nil
	}
	l.text = `
	SELECT t.id, t.name, t.email, t.phone, t.institution, t.field, t.branch, t.grade, t.score, t.case_id, t.entered_at,
	       ARRAY(SELECT c.account::text FROM credits c WHERE c.case_id = t.case_id ORDER BY c.role DESC, c.of_case), page.rank
	FROM (SELECT rank, id FROM (` + found + `) found ORDER BY rank, id DESC LIMIT ` + l.limit + `) page
	JOIN talents t ON t.id = page.id ORDER BY page.rank, page.id DESC`
	return nil
}

// branches are those that are searched.
func (l *talentListing) branches() (list []string, everywhere bool) {
	v := l.q.Viewer
	switch {
	case l.q.Branch == "":
		return v.Branches, v.All
	case v.All || slices.Contains(v.Branches, l.q.Branch):
		return []string{l.q.Branch}, false
	default:
		return nil, false
	}
}

func (l *talentListing) filter() {
	if l.q.Field != "" {
		l.filters = append(l.filters, "lower(t.field) = lower("+l.arg(l.q.Field)+")")
	}
	if l.q.Grade != "" {
		l.filters = append(l.filters, "t.grade = "+l.arg(l.q.Grade))
	}
	if l.q.Institution != "" {
		l.filters = append(l.filters, "t.institution = "+institutionCode(l.arg(l.q.Institution)))
	}
}

// newest reads a page of each branch from an index.
func (l *talentListing) newest(branches []string, everywhere bool, after []string) string {
	each := "(SELECT code AS branch FROM branches) b"
	if !everywhere {
		each = "unnest(" + l.arg(textArray(branches)) + "::text[]) AS b (branch)"
	}
	from := lastID
	if after != nil {
		from = after[1]
	}
	where := append([]string{"t.branch = b.branch", "t.id < " + l.arg(from)}, l.filters...)
	return `SELECT '0' AS rank, s.id FROM ` + each + ` CROSS JOIN LATERAL (
		SELECT t.id FROM talents t WHERE ` + strings.Join(where, " AND ") + ` ORDER BY t.id DESC NULLS LAST LIMIT ` + l.limit + `) s`
}

// named looks for a name. The index on names knows no branches, so it is read
// once for all of them; a short and common name is found sooner by walking the
// newest, and the planner knows which are common.
func (l *talentListing) named(branches []string, everywhere bool, after []string) string {
	parts := l.parts()
	if len(parts) == 0 {
		return ""
	}
	where := l.filters
	if !everywhere {
		where = append(where, "t.branch = ANY("+l.arg(textArray(branches))+"::text[])")
	}
	whole := "t.name_keys && " + l.arg(textArray(names.Keys(l.q.Name)))
	arm := func(rank, name string) string {
		if after != nil && after[0] == rank {
			name += " AND id < " + l.arg(after[1])
		}
		return "\t\t(SELECT " + rank + "::text AS rank, id FROM " + name + " ORDER BY id DESC LIMIT " + l.limit + ")"
	}
	var arms []string
	if after == nil || after[0] == wholeName {
		// OFFSET 0 keeps the planner from walking all by ID in the hope of an
		// early match: those of one name are few
		arms = append(arms, arm(wholeName, "(SELECT t.id FROM talents t WHERE "+strings.Join(append(where, whole), " AND ")+" OFFSET 0) t WHERE true"))
	}
	where = append(where, "NOT "+whole)
	arms = append(arms, arm(partOfName, "talents t WHERE "+strings.Join(append(where, parts...), " AND ")))
	return strings.Join(arms, "\n\t\tUNION ALL\n")
}

// parts are the conditions under which each word of the query is found in a
// name, written so that the trigrams of name_search serve them.
func (l *talentListing) parts() []string {
	var where []string
	for word := range strings.FieldsSeq(names.Normalise(l.q.Name)) {
		if strings.IndexFunc(word, isHan) < 0 {
			where = append(where, l.spelled(word, false))
			continue
		}
		// A word in Han has hardly ever three characters in a row to make a
		// trigram of, but a name in Han is kept with its pinyin. A name without
		// Han is found by its sound alone.
		var sounds []string
		for _, key := range names.Keys(word) {
			if strings.IndexFunc(key, isHan) < 0 {
				sounds = append(sounds, l.spelled(key, true))
			}
		}
		if len(sounds) == 0 {
			sounds = []string{"true"}
		}
		where = append(where, "("+strings.Join(sounds, " OR ")+")",
			"(t.name_search LIKE "+l.arg("%"+likeLiteral(word)+"%")+" OR t.name !~ '[一-鿿]')")
	}
	return where
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// spelled looks for a word in Latin letters anywhere; a word too short for a
// trigram only at the beginning of a name's words, or at their end too.
func (l *talentListing) spelled(word string, ends bool) string {
	w := likeLiteral(word)
	patterns := []string{"%" + w + "%"}
	if len([]rune(word)) < 3 {
		patterns = []string{w + "%", "% " + w + "%"}
		if ends {
			patterns = append(patterns, "%"+w+" %", "%"+w)
		}
	}
	for i, p := range patterns {
		patterns[i] = "t.name_search LIKE " + l.arg(p)
	}
	return "(" + strings.Join(patterns, " OR ") + ")"
}

// likeLiteral takes from a text what LIKE would read as a pattern.
func likeLiteral(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// institutionCode is the code of a known institution whose code or name a
// placeholder's value is, or that value: to be told apart or known again, an
// institution must be written one way.
func institutionCode(placeholder string) string {
	return fmt.Sprintf(`coalesce((SELECT lower(i.code) FROM institutions i
		WHERE %[1]s::text IN (lower(i.code), lower(i.name_zh), lower(i.name_en)) ORDER BY i.code LIMIT 1), %[1]s::text)`, placeholder)
}
