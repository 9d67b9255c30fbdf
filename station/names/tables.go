package names

import "strings"

// families are the characters that are read otherwise as a family name than go-pinyin's first reading, or in two ways: the
// readings that dictionaries mark with 姓. Traditional forms stand beside the simplified.
var families = map[rune]string{
	'单': "shan", '單': "shan", '解': "xie", '仇': "qiu", '曾': "zeng", '查': "zha", '盖': "ge gai", '蓋': "ge gai",
	'朴': "piao pu", '区': "ou qu", '區': "ou qu", '尉': "wei yu", '乐': "yue le", '樂': "yue le", '翟': "zhai di",
	'缪': "miao mou", '繆': "miao mou", '薄': "bo", '覃': "qin tan", '员': "yun yuan", '員': "yun yuan", '种': "chong zhong",
	'秘': "bi mi", '冼': "xian", '洗': "xian xi", '折': "she zhe", '黑': "he hei", '柏': "bai bo", '晟': "cheng sheng",
	'逄': "pang", '谌': "chen shen", '諶': "chen shen", '隗': "wei kui", '郇': "xun huan", '那': "na", '能': "nai neng",
	'宁': "ning", '祭': "zhai ji", '召': "shao zhao", '句': "gou ju", '车': "che", '車': "che", '石': "shi", '余': "yu",
	'沈': "shen", '盛': "sheng cheng", '长': "chang zhang", '長': "chang zhang", '佴': "nai er", '占': "zhan", '卜': "bu",
	'贾': "jia", '賈': "jia", '褚': "chu", '阚': "kan", '闞': "kan", '郗': "xi chi", '都': "du", '干': "gan",
	'强': "qiang jiang", '強': "qiang jiang", '牟': "mu mou", '令': "ling", '乜': "nie", '藏': "zang", '肖': "xiao",
	'燕': "yan", '应': "ying", '應': "ying", '任': "ren", '华': "hua", '華': "hua", '过': "guo", '過': "guo",
	'哈': "ha", '纪': "ji", '紀': "ji", '葛': "ge", '幺': "yao", '瞿': "qu", '臧': "zang", '妫': "gui", '嬀': "gui",
	'行': "xing hang", '重': "chong", '朝': "chao", '六': "lu", '陆': "lu", '陸': "lu", '冯': "feng", '馮': "feng",
	'万': "wan", '萬': "wan", '叶': "ye", '葉': "ye", '眭': "sui", '笪': "da", '逯': "lu", '郄': "qie xi", '莘': "shen xin",
	'宓': "mi fu", '贲': "ben", '钭': "tou", '澹': "tan", '角': "jue jiao", '适': "kuo shi",
}

// givens are the characters whose first reading in go-pinyin is not the one in given names, or which have two there.
var givens = map[rune]string{
	'行': "xing hang", '乐': "le yue", '樂': "le yue", '长': "chang zhang", '長': "chang zhang", '重': "chong zhong",
	'朝': "chao zhao", '曾': "zeng ceng", '单': "dan shan", '盛': "sheng cheng", '晟': "sheng cheng", '茜': "xi qian",
	'娜': "na nuo", '莎': "sha", '柏': "bai bo", '泊': "bo po", '佛': "fo", '说': "yue shuo", '說': "yue shuo",
	'拓': "tuo ta", '蔚': "wei yu", '尉': "wei yu", '蕃': "fan bo", '湛': "zhan", '焘': "tao dao", '燾': "tao dao",
	'期': "qi", '奇': "qi ji", '禅': "chan shan", '禪': "chan shan", '筠': "yun jun", '参': "shen can", '參': "shen can",
	'谷': "gu yu", '仔': "zi zai", '朴': "pu piao", '琢': "zhuo", '似': "si", '术': "shu", '術': "shu", '厦': "xia sha",
	'廈': "xia sha", '冯': "feng ping", '卜': "bu", '藏': "cang zang", '传': "chuan zhuan", '傳': "chuan zhuan",
	'都': "du dou", '还': "huan", '還': "huan", '会': "hui", '調': "tiao diao", '调': "tiao diao", '着': "zhuo zhe",
	'了': "le liao", '六': "liu lu", '隽': "jun juan", '雋': "jun juan", '奘': "zang zhuang", '莞': "wan guan",
	'伽': "jia qie", '颉': "jie xie", '頡': "jie xie", '勒': "le", '么': "me yao", '麼': "me", '镐': "hao gao",
	'炅': "jiong gui", '莘': "xin shen", '芾': "fu fei", '焯': "zhuo chao", '泷': "long shuang", '瀧': "long shuang",
	'渑': "mian sheng", '湫': "qiu jiao", '澹': "dan tan", '玟': "wen min", '珲': "hun hui", '琿': "hun hui", '玢': "bin fen",
	'鹄': "hu gu", '靓': "liang jing", '靚': "liang jing", '峤': "qiao jiao", '嶠': "qiao jiao", '藉': "ji jie", '纶': "lun guan",
	'綸': "lun guan", '桔': "ju jie", '的': "di de", '得': "de", '地': "di", '吾': "wu", '大': "da", '台': "tai", '翟': "zhai di",
	'覃': "qin tan", '缪': "miao mou", '祭': "ji", '率': "shuai lü", '鲜': "xian", '降': "jiang xiang", '解': "jie xie",
	'阚': "kan", '阿': "a e", '骠': "biao piao", '嬛': "xuan huan", '适': "shi", '沓': "ta da", '绰': "chuo",
	'辟': "pi bi", '宓': "mi fu", '俟': "si qi", '囡': "nan", '囝': "jian nan", '少': "shao", '几': "ji",
	'绿': "lü", '綠': "lü", '角': "jiao jue", '度': "du", '宿': "su", '择': "ze", '擇': "ze", '识': "shi zhi", '識': "shi zhi",
}

// alsoSingle are the first characters of compound names that are common family names by themselves: 夏侯惇, but also 夏 侯惇.
var alsoSingle = setOf("夏钟鍾申闻聞左梁段谷乐樂叶葉")

// compounds are the family names of two characters, with their syllables.
var compounds = parseCompounds(compoundNames)

const compoundNames = `
欧阳 ou yang|歐陽 ou yang|太史 tai shi|端木 duan mu|上官 shang guan|司马 si ma|司馬 si ma|东方 dong fang|東方 dong fang
独孤 du gu|獨孤 du gu|南宫 nan gong|南宮 nan gong|万俟 mo qi|萬俟 mo qi|闻人 wen ren|聞人 wen ren|夏侯 xia hou
诸葛 zhu ge|諸葛 zhu ge|尉迟 yu chi|尉遲 yu chi|公羊 gong yang|赫连 he lian|赫連 he lian|澹台 tan tai|澹臺 tan tai
皇甫 huang fu|宗政 zong zheng|濮阳 pu yang|濮陽 pu yang|公冶 gong ye|太叔 tai shu|申屠 shen tu|公孙 gong sun|公孫 gong sun
慕容 mu rong|仲孙 zhong sun|仲孫 zhong sun|钟离 zhong li|鍾離 zhong li|长孙 zhang sun|長孫 zhang sun|宇文 yu wen
司徒 si tu|鲜于 xian yu|鮮于 xian yu|司空 si kong|闾丘 lü qiu|閭丘 lü qiu|子车 zi ju|子車 zi ju|亓官 qi guan
司寇 si kou|巫马 wu ma|巫馬 wu ma|公西 gong xi|颛孙 zhuan sun|顓孫 zhuan sun|壤驷 rang si|壤駟 rang si
公良 gong liang|漆雕 qi diao|乐正 yue zheng|樂正 yue zheng|宰父 zai fu|谷梁 gu liang|穀梁 gu liang|拓跋 tuo ba
夹谷 jia gu|夾谷 jia gu|轩辕 xuan yuan|軒轅 xuan yuan|令狐 ling hu|段干 duan gan|百里 bai li|呼延 hu yan
东郭 dong guo|東郭 dong guo|南门 nan men|南門 nan men|羊舌 yang she|微生 wei sheng|梁丘 liang qiu|左丘 zuo qiu
东门 dong men|東門 dong men|西门 xi men|西門 xi men|第五 di wu|淳于 chun yu|单于 chan yu|單于 chan yu
纳兰 na lan|納蘭 na lan|完颜 wan yan|完顏 wan yan|叶赫 ye he|葉赫 ye he|那拉 na la|哥舒 ge shu|贺兰 he lan|賀蘭 he lan`

func parseCompounds(table string) map[string][]string {
	parsed := map[string][]string{}
	for entry := range strings.FieldsFuncSeq(table, func(r rune) bool { return r == '|' || r == '\n' }) {
		fields := strings.Fields(entry)
		parsed[fields[0]] = fields[1:]
	}
	return parsed
}

func setOf(characters string) map[rune]bool {
	set := map[rune]bool{}
	for _, r := range characters {
		set[r] = true
	}
	return set
}
