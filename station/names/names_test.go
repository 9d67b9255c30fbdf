package names_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wutong/station/names"
)

func TestSame_FindsOnePersonAcrossScriptsAndOrders(t *testing.T) {
	for _, pair := range [][2]string{
		{"季逸超", "Ji Yichao"}, {"季逸超", "Yichao Ji"}, {"季逸超", "JI, Yi-Chao"}, {"季逸超", "jiyichao"}, {"Ji Yichao", "Yichao Ji"},
		{"欧阳娜娜", "Ouyang Nana"}, {"欧阳娜娜", "Nana Ouyang"}, {"单田芳", "Shan Tianfang"}, {"曾国强", "Zeng Guoqiang"},
		{"吕布", "Lü Bu"}, {"王小明", "Ｗａｎｇ　Ｘｉａｏｍｉｎｇ"}, {"José García", "Garcia Jose"}, {"John Paul Smith", "Smith John Paul"}, {" 李 雷 ", "Li Lei"},
	} {
		assert.True(t, names.Same(pair[0], pair[1]), "%s is %s: %v %v", pair[0], pair[1], names.Keys(pair[0]), names.Keys(pair[1]))
	}
}

func TestSame_KeepsOtherPeopleApart(t *testing.T) {
	for _, pair := range [][2]string{{"季逸超", "季逸凡"}, {"Ji Yichao", "Ji Yifan"}, {"王伟", "汪洋"}, {"", ""}, {"!!", "??"}, {"Li Lei", "Li Mei"}} {
		assert.False(t, names.Same(pair[0], pair[1]), "%s is not %s", pair[0], pair[1])
	}
}

func FuzzKeys_NeverGrowWithoutBound(f *testing.F) {
	f.Add("季逸超")
	f.Add("\xff\x00 ü")
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range names.Keys(s) {
			assert.LessOrEqual(t, len(k), 2000)
		}
		assert.LessOrEqual(t, len(names.Search(s)), 4000)
	})
}
