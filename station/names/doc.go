// Package names finds one person under the several spellings of one name: in Chinese characters or in pinyin, family name first or
// last, with capitals, hyphens, commas, tone marks or without.
//
//	季逸超 = Ji Yichao = Yichao Ji = JI, Yi-Chao = jiyichao = Jì Yìchāo
//
// [Keys] gives a name's keys; two spellings of a name share at least one. Keys are for an index: store them, and look people up by
// their overlap. [Search] gives the text for a trigram index, in which what people type is looked for as [Normalise] writes it.
//
// # What a match means
//
// That two people may be one, never that they are: pinyin has no tones here and Chinese has homophones, so 李伟 and 黎伟 share the key
// "liwei", and joined pinyin hides where the family name ends. Let a person, or a second fact such as a telephone number, decide.
//
// # What is covered
//
// Han names, simplified or traditional, by the readings of go-pinyin, corrected where family names have a reading of their own (单
// Shan, 仇 Qiu, 曾 Zeng, compound names such as 欧阳 and 万俟 Moqi) and, for some characters common in given names, with both
// readings (乐 Le and Yue). ü may be written ü, v, u or, as passports do, yu: 吕 is Lü, Lv, Lu and Lyu. Names with a foreign and a
// Chinese form side by side, "季逸超 (Yichao Ji)", have the keys of both. Letters of the Latin script lose their accents.
//
// Not covered: Cantonese, Hokkien and Wade-Giles spellings (Chan, Tan, Chang for 陈 and 张), Korean or Japanese readings of Han names,
// translation of foreign names (爱因斯坦 is not Einstein), nicknames, titles, and initials (Y. Ji).
package names
