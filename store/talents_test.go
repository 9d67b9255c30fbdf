package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"wutong/station"
	"wutong/station/names"
)

// enters puts a talent into the reserve.
func (h *house) enters(name, branch string, change ...func(*station.TalentEntry)) string {
	h.t.Helper()
	m := h.opens()
	e := station.TalentEntry{ID: station.NewID(), Name: name, Institution: "zju", Field: "AI", Grade: "A"}
	for _, f := range change {
		f(&e)
	}
	h.runs(`INSERT INTO talents (id, case_id, name, name_keys, name_search, email, phone, institution, field, branch, grade, score, entered_at)
		VALUES ($1, $2, $3, $4, $5, 'x@example.com', '', $6, $7, $8, $9, 80, now())`,
		e.ID, m.ID, name, "{"+quoted(names.Keys(name))+"}", names.Search(name), e.Institution, e.Field, branch, e.Grade)
	return e.ID
}

func quoted(list []string) string {
	s := ""
	for i, k := range list {
		if i > 0 {
			s += ","
		}
		s += `"` + k + `"`
	}
	return s
}

// finds are the names that a search gives, page by page of the given size.
func (h *house) finds(q station.TalentQuery, size int) []string {
	h.t.Helper()
	q.Limit = size
	found := []string{}
	for {
		p, err := h.db.TalentList(h.t.Context(), q)
		require.NoError(h.t, err)
		for _, e := range p.Items {
			found = append(found, e.Name)
		}
		if p.Next == "" {
			return found
		}
		q.Cursor = p.Next
	}
}

var everywhere = station.Visibility{All: true}

func TestTalentList_FindsANameInEitherScriptAndEitherOrder(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"季逸超", "Yichao Ji", "Ji, Yi-Chao", "王伟", "Maria Müller-Lüdenscheidt", "李娥"} {
		h.enters(name, "HZ")
	}
	ji := []string{"季逸超", "Yichao Ji", "Ji, Yi-Chao"}
	for query, want := range map[string][]string{
		"季逸超": ji, "Yichao Ji": ji, "Ji Yichao": ji, "JI YICHAO": ji, "jiyichao": ji, "Jì Yìchāo": ji, " ji  yichao ": ji,
		"yichao": ji, "yich": ji, "ji yi": ji, "yic ji": ji, "ji": ji, "逸超": ji, "季": ji, "季逸": ji,
		"jyc":    {"季逸超"},
		"超":      ji,
		"wang":   {"王伟"},
		"伟":      {"王伟"},
		"wei w":  {"王伟"},
		"娥":      {"李娥"},
		"müller": {"Maria Müller-Lüdenscheidt"}, "ludensch": {"Maria Müller-Lüdenscheidt"}, "Mar": {"Maria Müller-Lüdenscheidt"},
		"ia":  {}, // two letters are looked for at the beginning of words
		"%":   {},
		"___": {}, "!": {}, "季王": {}, "yichao wang": {}, `\`: {},
	} {
		for _, size := range []int{1, 2, 20} {
			require.ElementsMatch(t, want, h.finds(station.TalentQuery{Viewer: everywhere, Name: query}, size), query)
		}
	}
}

func TestTalentList_AWholeNameComesBeforeAPartAndTheNewestFirst(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"Li Wei", "李伟", "李伟明", "Wei Li", "Li Weiming", "Wei Liang"} {
		h.enters(name, "HZ")
	}
	want := []string{"Wei Li", "李伟", "Li Wei", "Wei Liang", "Li Weiming", "李伟明"}
	for size := 1; size <= 7; size++ {
		require.Equal(t, want, h.finds(station.TalentQuery{Viewer: everywhere, Name: "li wei"}, size))
	}
}

func TestTalentList_IsNarrowedByFieldGradeInstitutionAndBranchNewestFirst(t *testing.T) {
	h := newHouse(t)
	set := func(grade, field, institution string) func(*station.TalentEntry) {
		return func(e *station.TalentEntry) { e.Grade, e.Field, e.Institution = grade, field, institution }
	}
	h.enters("One", "HZ", set("A", "AI", "zju"))
	h.enters("Two", "HZ-XH", set("B", "Artificial intelligence", "pku"))
	h.enters("Three", "HZ-BJ", set("A", "ai", "royal aviary"))
	h.enters("Four", "HZ", set("B", "AI", "zju"))
	city := station.Visibility{Branches: []string{"HZ", "HZ-XH", "HZ-BJ"}}
	district := station.Visibility{Branches: []string{"HZ-BJ"}}
	for name, c := range map[string]struct {
		q    station.TalentQuery
		want []string
	}{
		"all":                      {station.TalentQuery{Viewer: everywhere}, []string{"Four", "Three", "Two", "One"}},
		"the city's":               {station.TalentQuery{Viewer: city}, []string{"Four", "Three", "Two", "One"}},
		"a district's":             {station.TalentQuery{Viewer: district}, []string{"Three"}},
		"nobody's":                 {station.TalentQuery{}, []string{}},
		"grade":                    {station.TalentQuery{Viewer: city, Grade: "A"}, []string{"Three", "One"}},
		"field":                    {station.TalentQuery{Viewer: city, Field: " Ai "}, []string{"Four", "Three", "One"}},
		"institution's code":       {station.TalentQuery{Viewer: city, Institution: "ZJU"}, []string{"Four", "One"}},
		"institution's name":       {station.TalentQuery{Viewer: city, Institution: "浙江大学"}, []string{"Four", "One"}},
		"institution in words":     {station.TalentQuery{Viewer: city, Institution: "Royal  Aviary"}, []string{"Three"}},
		"branch":                   {station.TalentQuery{Viewer: city, Branch: "HZ"}, []string{"Four", "One"}},
		"a branch not seen":        {station.TalentQuery{Viewer: district, Branch: "HZ"}, []string{}},
		"a branch of everywhere":   {station.TalentQuery{Viewer: everywhere, Branch: "HZ-XH"}, []string{"Two"}},
		"all of it":                {station.TalentQuery{Viewer: city, Grade: "B", Field: "ai", Institution: "zju", Branch: "HZ"}, []string{"Four"}},
		"a name elsewhere":         {station.TalentQuery{Viewer: district, Name: "One"}, []string{}},
		"a name and its grade":     {station.TalentQuery{Viewer: city, Name: "t", Grade: "B"}, []string{"Two"}},
		"a name and other's grade": {station.TalentQuery{Viewer: city, Name: "Three", Grade: "B"}, []string{}},
	} {
		for _, size := range []int{1, 2, 20} {
			require.Equal(t, c.want, h.finds(c.q, size), name)
		}
	}
}

func TestTalentList_ManyOfOneNameArePagedWithoutGapOrRepeat(t *testing.T) {
	h := newHouse(t)
	var want []string
	for i := range 40 {
		name := "Chen Chen"
		if i%3 == 0 {
			name = fmt.Sprintf("Chen Chenguang%d", i)
		}
		want = append(want, h.enters(name, "HZ")+name)
	}
	var found []string
	q := station.TalentQuery{Viewer: everywhere, Name: "chen chen", Limit: 7}
	for {
		p, err := h.db.TalentList(t.Context(), q)
		require.NoError(t, err)
		for _, e := range p.Items {
			found = append(found, e.ID+e.Name)
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
	}
	slices.Sort(want)
	sorted := slices.Sorted(slices.Values(found))
	require.Equal(t, want, sorted)
}
