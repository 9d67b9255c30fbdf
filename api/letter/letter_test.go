package letter_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wutong/api/letter"
	"wutong/station"
)

const address = "https://talent.hangzhou.example/letters/7K3M9PQR2TXW"

func appointment(change func(*station.Appointment)) station.Appointment {
	a := station.Appointment{
		Code: "7K3M9PQR2TXW", Number: "HZ-LETTER-2026-000012",
		AppointmentWords: station.AppointmentWords{
			Name: "林见川", Director: "周明远",
			Institution: station.Text{Zh: "清华大学", En: "Tsinghua University"},
			Branch:      station.Text{Zh: "杭州市青年人才工作站", En: "Hangzhou Youth Talent Station"},
			From:        time.Date(2026, 12, 1, 9, 30, 0, 0, station.ChinaTime),
		},
		IssuedAt: time.Date(2026, 12, 1, 9, 30, 0, 0, station.ChinaTime),
		Until:    time.Date(2028, 11, 30, 23, 59, 59, 0, station.ChinaTime),
	}
	change(&a)
	return a
}

func usual(*station.Appointment) {}

var letters = map[string]func(*station.Appointment){
	"usual": usual,
	"Latin": func(a *station.Appointment) {
		a.Name, a.Director = "Dr. Łukasz Dvořák-O’Brien", "Nguyễn Thị “Minh” Khai"
		a.Institution = station.Text{Zh: "麻省理工学院（MIT）", En: "Massachusetts Institute of Technology"}
	},
	"Greek and Cyrillic": func(a *station.Appointment) { a.Name = "Ἀλέξης Ζορμπάς / Алексей Ёлкин" },
	"long Chinese": func(a *station.Appointment) {
		a.Name = strings.Repeat("吉赛琳娜", 25)
		a.Institution = station.Text{Zh: strings.Repeat("国际青年人才", 16), En: strings.Repeat("International Youth ", 9) + "School"}
	},
	"long Latin": func(a *station.Appointment) {
		a.Name = strings.Repeat("Maximiliana Guadalupe ", 5)[:100]
		a.Director, a.Branch.En = a.Name, strings.Repeat("Station of the North ", 9)
	},
	"one long word":     func(a *station.Appointment) { a.Name = strings.Repeat("Wolfeschlegelstein", 6)[:100] },
	"rare, in a name":   func(a *station.Appointment) { a.Name = "𬱖䶮㑇·𫖯" },
	"traditional":       func(a *station.Appointment) { a.Name, a.Institution.Zh = "劉慧蘭", "國立臺灣大學" },
	"nothing can do it": func(a *station.Appointment) { a.Name = "김민준 𠮷😀" },
	"odd spaces":        func(a *station.Appointment) { a.Name = " Zhao\u00a0Li\tMing\u200b\n " },
}

func TestPDF_SaysWhatWasIssuedOnOnePage(t *testing.T) {
	for name, change := range letters {
		t.Run(name, func(t *testing.T) {
			a := appointment(change)
			file := written(t, a, address)
			issued := strings.Join(letter.Text(a, address), "\n")
			assert.Equal(t, squeezed(issued), squeezed(poppler(t, "pdftotext", file, "-")))
			assert.Regexp(t, `(?m)^Pages: +1$`, poppler(t, "pdfinfo", file))
			assert.Regexp(t, `(?m)^Page size: .*\(A4\)$`, poppler(t, "pdfinfo", file))
			info, err := os.Stat(file)
			require.NoError(t, err)
			assert.Less(t, info.Size(), int64(64<<10))
		})
	}
}

func TestPDF_CanBeSearched(t *testing.T) {
	said := poppler(t, "pdftotext", written(t, appointment(usual), address), "-")
	for _, words := range []string{
		"聘书", "Letter of Appointment", "编号 No. HZ-LETTER-2026-000012", "林见川", "面向清华大学联系并举荐青年人才。",
		"聘期自2026年12月1日起，至2028年11月30日止。", "for Tsinghua University, to find and to refer young talents.",
		"The term runs from 1 Dec 2026 to 30 Nov 2028.", "站长 Director: 周明远", "签发日期 Date of issue: 2026年12月1日 · 1 Dec 2026",
		"核验码 Code: 7K3M 9PQR 2TXW", address,
	} {
		assert.Contains(t, said, words)
	}
}

func TestPDF_HasACodeThatLeadsToItsAddress(t *testing.T) {
	for _, address := range []string{address, "http://127.0.0.1:8080/letters/0", address + "?" + strings.Repeat("from=a-far-place&", 10)} {
		file := written(t, appointment(usual), address)
		picture := strings.TrimSuffix(file, ".pdf")
		poppler(t, "pdftoppm", "-r", "120", "-png", "-singlefile", file, picture)
		f, err := os.Open(picture + ".png")
		require.NoError(t, err)
		defer func() { _ = f.Close() }()
		img, err := png.Decode(f)
		require.NoError(t, err)
		assert.Equal(t, address, decoded(t, img))
	}
}

func TestPDF_CarriesOnlyWhatItNeedsOfItsFonts(t *testing.T) {
	fonts := strings.Split(strings.TrimSpace(poppler(t, "pdffonts", written(t, appointment(usual), address))), "\n")[2:]
	require.Len(t, fonts, 2)
	for _, f := range fonts {
		assert.Regexp(t, `^[A-Z]{6}\+(NotoSerifSC|SourceSerif4)-Regular +CID TrueType +Identity-H +yes yes yes `, f) // embedded, subset, Unicode
	}
}

func TestPDF_IsTheSameForTheSameLetter(t *testing.T) {
	first, err := letter.PDF(appointment(usual), address)
	require.NoError(t, err)
	var side sync.WaitGroup
	var again [8][]byte
	var errs [8]error
	for i := range again {
		side.Go(func() { again[i], errs[i] = letter.PDF(appointment(usual), address) })
	}
	side.Wait()
	require.NoError(t, errors.Join(errs[:]...))
	for _, pdf := range again {
		assert.True(t, bytes.Equal(first, pdf))
	}
}

func TestPDF_SaysWhenThereIsNoRoom(t *testing.T) {
	_, err := letter.PDF(appointment(func(a *station.Appointment) { a.Institution.Zh = strings.Repeat("大学", 20_000) }), address)
	require.EqualError(t, err, "set letter HZ-LETTER-2026-000012: there is no room for its body")
	_, err = letter.PDF(appointment(usual), strings.Repeat("x", 3000))
	require.ErrorContains(t, err, "set letter HZ-LETTER-2026-000012: ")
}

func TestText_MarksWhatItCannotBeSetIn(t *testing.T) {
	for name, want := range map[string]string{
		"김민준":              "〓〓〓",
		"𠮷田":               "〓田",
		"𬱖䶮㑇":              "𬱖䶮㑇", // of the table of general standard characters
		"劉慧蘭":              "劉慧蘭",
		"José":             "José",
		"x̂":               "x〓",
		"A‐B C":            "A-B C",
		"阿凡\u200d提·\ufe00": "阿凡提·",
		"(1) <b>&amp;</b>": "(1) <b>&amp;</b>",
	} {
		lines := letter.Text(appointment(func(a *station.Appointment) { a.Name = name }), address)
		assert.Contains(t, lines, want, "%q", name)
	}
}

func TestPage_ShowsALetterAndWhatItIsWorth(t *testing.T) {
	ended := time.Date(2027, 5, 4, 12, 0, 0, 0, station.ChinaTime)
	for _, c := range []struct {
		standing station.AppointmentStanding
		lang     station.Language
		ended    *time.Time
		says     []string
		offered  bool
	}{
		{station.LetterValid, station.Chinese, nil, []string{"<strong>有效</strong> 本聘书真实有效，有效期至2028年11月30日。", "清华大学", "2026年12月1日至2028年11月30日"}, true},
		{station.LetterValid, station.English, nil, []string{"<strong>Valid</strong> This letter is genuine and valid until 30 Nov 2028.", "Tsinghua University", "1 Dec 2026 to 30 Nov 2028"}, true},
		{station.LetterExpired, station.Chinese, nil, []string{"<strong>已失效</strong> 本聘书曾经有效，已于2028年11月30日失效。"}, true},
		{station.LetterExpired, station.English, &ended, []string{"<strong>Expired</strong> This letter was valid, and expired on 4 May 2027."}, true},
		{station.LetterRevoked, station.Chinese, &ended, []string{"<strong>已撤销</strong> 本聘书已于2027年5月4日被撤销，不再有效。"}, false},
		{station.LetterRevoked, station.English, &ended, []string{"<strong>Revoked</strong> This letter was revoked on 4 May 2027 and is no longer valid."}, false},
	} {
		a := appointment(func(a *station.Appointment) { a.EndedAt = c.ended })
		page := shown(t, a, c.standing, c.lang)
		for _, words := range append(c.says, `<html lang="`+string(c.lang)+`">`, `data-standing="`+string(c.standing)+`"`, "林见川", "周明远", a.Number, "7K3M 9PQR 2TXW") {
			assert.Contains(t, page, words)
		}
		assert.Equal(t, c.offered, strings.Contains(page, `<a href="`+address+`/pdf">`))
		assert.Equal(t, address, decoded(t, drawn(t, page)))
	}
}

func TestPage_IsAllowedItsOwnStyleAndNothingElse(t *testing.T) {
	a := appointment(func(a *station.Appointment) { a.Name = `<script>alert("x")</script>` })
	page := shown(t, a, station.LetterValid, station.English)
	assert.NotContains(t, page, "<script")
	assert.NotRegexp(t, `\son[a-z]+=|\sstyle=|\ssrc=`, page)
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	require.NotNil(t, style)
	sum := sha256.Sum256([]byte(style[1]))
	assert.Equal(t, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", letter.Policy)
}

func shown(t *testing.T, a station.Appointment, standing station.AppointmentStanding, lang station.Language) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, letter.Page(&b, a, standing, lang, address))
	return b.String()
}

// drawn draws the QR code of a page.
func drawn(t *testing.T, page string) image.Image {
	t.Helper()
	svg := regexp.MustCompile(`viewBox="0 0 (\d+) \d+".*<path d="([^"]*)"`).FindStringSubmatch(page)
	require.NotNil(t, svg)
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		return n
	}
	const unit = 4
	side := number(svg[1]) * unit
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, bar := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(svg[2], -1) {
		for x := range number(bar[3]) * unit {
			for y := range unit {
				img.SetGray(number(bar[1])*unit+x, number(bar[2])*unit+y, color.Gray{})
			}
		}
	}
	return img
}

func decoded(t *testing.T, img image.Image) string {
	t.Helper()
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	read, err := qrcode.NewQRCodeReader().Decode(bits, nil)
	require.NoError(t, err)
	return read.GetText()
}

func written(t *testing.T, a station.Appointment, address string) string {
	t.Helper()
	pdf, err := letter.PDF(a, address)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "letter.pdf")
	require.NoError(t, os.WriteFile(file, pdf, 0o600))
	return file
}

// poppler runs a program of poppler-utils and returns what it says.
func poppler(t *testing.T, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	require.NoError(t, err, "the letters are read by poppler's programs: install poppler-utils (apt-get install poppler-utils)")
	var problems bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stderr = &problems
	said, err := cmd.Output()
	require.NoError(t, err, problems.String())
	require.Empty(t, problems.String())
	return string(said)
}

// squeezed is a text without its spaces and line ends: a PDF has lines of its own.
func squeezed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

func BenchmarkPDF(b *testing.B) {
	a := appointment(usual)
	var size int
	for b.Loop() {
		pdf, err := letter.PDF(a, address)
		if err != nil {
			b.Fatal(err)
		}
		size = len(pdf)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
	b.ReportMetric(float64(size), "bytes/letter")
}
