// Package names finds the same person across Chinese characters, pinyin and
// word order: 季逸超 = Ji Yichao = Yichao Ji.
//
// It knows Mandarin readings only; Cantonese and Wade-Giles spellings of a name
// are other names to it.
package names
