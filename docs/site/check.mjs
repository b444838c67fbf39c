// Checks the links of a built site: each one inside it leads to a file, and each anchor to an element.
// Usage: node docs/site/check.mjs DIRECTORY [BASE]

import {existsSync, readFileSync, readdirSync, statSync} from 'node:fs'
import {dirname, join, posix} from 'node:path'

const [root, base = '/'] = process.argv.slice(2)
const pages = readdirSync(root, {recursive: true}).filter(file => file.endsWith('.html') && !/^api\/./.test(file))
const ids = new Map()

function idsOf(file) {
  if (!ids.has(file)) {
    const html = readFileSync(join(root, file), 'utf8')
    ids.set(file, new Set([...html.matchAll(/ id="([^"]*)"/g)].map(match => match[1])))
  }
  return ids.get(file)
}

const broken = []
let links = 0
for (const page of pages.filter(file => file !== '404.html')) {
  const html = readFileSync(join(root, page), 'utf8')
  for (const [, link] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
    if (/^([a-z]+:|$)/.test(link)) {
      continue
    }
    links++
    const [path, anchor] = link.replaceAll('&amp;', '&').split('#')
    let file = path === '' ? page : path.startsWith('/') ? posix.relative(base, path) : posix.join(dirname(page), path)
    if (file === '' || (existsSync(join(root, file)) && statSync(join(root, file)).isDirectory())) {
      file = posix.join(file, 'index.html')
    }
    if (!existsSync(join(root, file))) {
      broken.push(`${page}: ${link}`)
    } else if (anchor && file.endsWith('.html') && !idsOf(file).has(decodeURIComponent(anchor))) {
      broken.push(`${page}: ${link}`)
    }
  }
}
console.log(`${pages.length} pages, ${links} links inside the site, ${broken.length} broken`)
broken.forEach(line => console.error(line))
process.exit(broken.length || links < 100 ? 1 : 0)
