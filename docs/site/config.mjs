// The site, made of the Markdown in docs as it is. See build.
import {posix} from 'node:path'
import {defineConfig} from 'vitepress'

const repository = `${process.env.SITE_HOME}/blob/main/`

// Where a link in a page leads: to another page, or to a file in the repository that is no page.
function target(page, link) {
  if (/^([a-z]+:|#|\/)/.test(link)) {
    return link
  }
  const [path, anchor] = link.split('#')
  // index.md is the README, one directory above the other pages.
  const from = page === 'index.md' ? '' : 'docs/' + posix.dirname(page)
  const there = posix.normalize(posix.join(from, path))
  const rest = anchor === undefined ? '' : '#' + anchor
  if (!/^docs\/.*\.(md|svg|png)$/.test(there)) {
    return repository + there + rest
  }
  const here = posix.relative(posix.dirname(page), there.slice('docs/'.length)).replace(/README\.md$/, 'index.md')
  return (here.startsWith('.') ? here : './' + here) + rest
}

function leadLinks(md) {
  md.core.ruler.push('lead_links', state => {
    for (const token of state.tokens.flatMap(block => block.children ?? [])) {
      const name = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : null
      if (name) {
        token.attrSet(name, target(state.env.relativePath, token.attrGet(name)))
      }
    }
  })
}

const pages = (title, ...items) => ({
  text: title,
  items: items.map(([text, link]) => ({text, link}))
})

// The generated tables would hide the chapters that explain them.
const unsearched = /^(reference|kernels|mutants|performance\/.*)\.md$/

export default defineConfig({
  title: 'AsyncSlot',
  description: 'Keyed timers and work items for Spring Boot',
  base: process.env.SITE_BASE || '/',
  srcDir: 'src',
  outDir: 'dist',
  cleanUrls: false,
  lastUpdated: false,
  ignoreDeadLinks: [/^http:\/\/localhost/],
  markdown: {config: leadLinks},
  transformPageData(page) {
    if (unsearched.test(page.relativePath)) {
      page.frontmatter.search = false
    }
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        _render(source, env, md) {
          const html = md.render(source, env)
          return unsearched.test(env.relativePath) ? '' : html
        }
      }
    },
    outline: [2, 3],
    nav: [
      {text: 'Cookbook', link: '/cookbook/'},
      {text: 'Guides', link: '/guides'},
      {text: 'Reference', link: '/reference'},
      {text: 'Javadoc', link: '/api/index.html', target: '_self'}
    ],
    sidebar: [
      pages('Start', ['Overview', '/'], ['Getting started', '/getting-started'], ['How it works', '/how-it-works'], ['Migration', '/migration'], ['The shop', '/sample'], ['Guides', '/guides'], ['Testing', '/testing']),
      pages(
        'Cookbook',
        ['All recipes', '/cookbook/'],
        ['Session expiry', '/cookbook/session-expiry'],
        ['Order timeout', '/cookbook/order-timeout'],
        ['Debounce', '/cookbook/debounce'],
        ['Batch', '/cookbook/batch'],
        ['Retry later', '/cookbook/retry-later'],
        ['Coalesced work', '/cookbook/coalesced-work'],
        ['Throttle', '/cookbook/throttle'],
        ['A schedule per key', '/cookbook/schedule-per-key'],
        ['Idle connections', '/cookbook/idle-connections'],
        ['Surviving a deployment', '/cookbook/surviving-a-deployment'],
        ['Cluster', '/cookbook/cluster']
      ),
      pages(
        'Operations',
        ['Operations', '/operations'],
        ['Runbook', '/runbook'],
        ['Dashboard', '/dashboard'],
        ['Security', '/security'],
        ['Guarded behaviour', '/guards'],
        ['Reference', '/reference'],
        ['Performance', '/performance/']
      ),
      pages('Backends', ['Kernel', '/kernel'], ['Cluster', '/cluster'], ['Contract kit', '/contract-kit']),
      pages(
        'Internals',
        ['Architecture', '/architecture'],
        ['Glossary', '/glossary'],
        ['Concurrency', '/concurrency'],
        ['Design decisions', '/design-decisions'],
        ['Kernels tested', '/kernels'],
        ['Mutants', '/mutants'],
        ['Releasing', '/releasing']
      )
    ]
  }
})
