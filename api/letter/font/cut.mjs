// Cuts the fonts to the characters that letters are set in: see README.md.
// node cut.mjs PACKAGES OUT
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const [packages, out] = process.argv.slice(2)
const subset = createRequire(join(packages, 'index.js'))('subset-font')
const here = import.meta.dirname

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join('')
const lines = (file) => readFileSync(join(here, file), 'utf8').split('\n').filter((l) => !l.startsWith('#')).join('')

const fonts = [
  {
    name: 'NotoSerifSC-Regular.ttf',
    from: '@expo-google-fonts/noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf',
    // characters, punctuation of both scripts, kana, full width, and 〓; ASCII for charts
    text: range(0x20, 0x7e) + lines('han.txt') + range(0x2010, 0x2027) + range(0x3000, 0x301f) + range(0x3040, 0x30ff) + range(0xff01, 0xff60) + '·※℃№',
  },
  {
    name: 'SourceSerif4-Regular.ttf',
    from: '@expo-google-fonts/source-serif-4/400Regular/SourceSerif4_400Regular.ttf',
    // Latin with all that it has for its languages, Greek, Cyrillic
    text: range(0x20, 0x7e) + range(0xa0, 0x24f) + range(0x370, 0x52f) + range(0x1e00, 0x1eff) + range(0x2010, 0x2027) + '€№™',
  },
]

const sums = new Map(readFileSync(join(here, 'SHA256SUMS'), 'utf8').trim().split('\n').map((l) => l.split('  ').reverse()))
for (const f of fonts) {
  const cut = await subset(readFileSync(join(packages, 'node_modules', f.from)), f.text, {
    targetFormat: 'sfnt',
    noHinting: true,
    noLayoutClosure: true,
    keepFeatures: [],
    dropTables: ['GSUB', 'GPOS', 'GDEF', 'BASE', 'STAT', 'vhea', 'vmtx', 'gasp', 'prep', 'DSIG'],
    preserveNameIds: [0, 1, 2, 3, 4, 5, 6, 7, 13, 14],
  })
  const sum = createHash('sha256').update(cut).digest('hex')
  if (sums.get(f.name) !== sum) {
    console.error(`${f.name}: its SHA-256 is ${sum}, not ${sums.get(f.name)}: it is not the font of SHA256SUMS`)
    process.exitCode = 1
    continue
  }
  writeFileSync(join(out, `${f.name}.gz`), gzipSync(cut, { level: 9 }))
}
