// Bars and lines as SVG: crisp at each size, in the colours of the theme, and without a style in any attribute.
import {html, svg} from './lit-html.js';
import {number, short} from './text.js';

const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 22;
const TOP = 8;

/** A round number that is not below the value. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 4, 5, 10].map(step => step * power).find(step => step >= value);
}

function frame({id, label, width, most, ticks, content}) {
  const y = value => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most);
  const lines = most % 2 === 0 ? [0, most / 2, most] : [0, most];
  return html`<svg id=${id} role="img" aria-label=${label} viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none">
    ${lines.map(value => svg`<line class="grid" x1=${LEFT} x2=${width} y1=${y(value)} y2=${y(value)}></line>
      <text class="tick" x=${LEFT - 6} y=${y(value) + 4} text-anchor="end">${short(value)}</text>`)}
    ${ticks.map(([x, text]) => svg`<text class="tick" x=${x} y=${HEIGHT - 5} text-anchor="middle">${text}</text>`)}
    ${content(y)}</svg>`;
}

const widthOf = id => document.getElementById(id)?.clientWidth || 560;

/** The same numbers for those who do not see the picture. */
const table = (label, heads, rows) => html`<details><summary>As a table</summary>
  <div class="scroll" tabindex="0" role="region" aria-label="Numbers: ${label}"><table>
    <thead><tr>${heads.map(head => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="number">${number(value)}</td></tr>`)}</tbody>
  </table></div></details>`;

/** Bars: values with a name each; every so many bars have theirs written below. */
export function bars({id, label, heads, names, values, every, shorten = name => name}) {
  const width = widthOf(id);
  const most = ceiling(Math.max(1, ...values));
  const step = (width - LEFT) / values.length;
  const gap = step > 6 ? 2 : 0.5;
  const x = i => LEFT + i * step;
  const ticks = [];
  let free = 0;
  names.forEach((name, i) => {
    const half = shorten(name).length * 3.7;
    const at = Math.max(x(i), LEFT + half - 8);
    if (i % every === 0 && at - half >= free && at + half <= width) {
      ticks.push([at, shorten(name)]);
      free = at + half + 10;
    }
  });
  const bar = y => (value, i) => svg`<rect class="bar" x=${x(i)} width=${Math.max(0.5, step - gap)}
      y=${value ? Math.min(y(value), HEIGHT - BOTTOM - 1.5) : y(0)} height=${value ? Math.max(1.5, y(0) - y(value)) : 0}>
      <title>${names[i]}: ${number(value)}</title></rect>`;
  return html`${frame({id, label, width, most, ticks, content: y => values.map(bar(y))})}
    ${table(label, heads, names.map((name, i) => [name, values[i]]).filter(([, value]) => value > 0))}`;
}

/** Two lines of values each second, the newest at the right edge, now. */
export function rates({id, label, length, first, second}) {
  const width = widthOf(id);
  const most = ceiling(Math.max(1, ...first, ...second));
  const x = (i, size) => LEFT + (width - LEFT - 4) * (length - size + i) / (length - 1);
  const ticks = [length, length * 2 / 3, length / 3].map(ago => [x(length - ago, length) + 16, `-${ago} s`]);
  const path = y => values => values.map((value, i) => `${i ? 'L' : 'M'}${x(i, values.length).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  return html`${frame({id, label, width, most, ticks, content: y => svg`
      <path class="line" d=${path(y)(first)}></path><path class="line hot" d=${path(y)(second)}></path>`})}
    <p class="legend"><span class="key"></span> fired <span class="key hot"></span> failed</p>`;
}
