// Numbers, times and durations as people read them.

const NUMBER = new Intl.NumberFormat('en', {maximumFractionDigits: 1});
const SHORT = new Intl.NumberFormat('en', {notation: 'compact'});
const TIME = new Intl.DateTimeFormat('en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit'});
const DAY = new Intl.DateTimeFormat('en-GB', {day: 'numeric', month: 'short', year: 'numeric'});
const INSTANT = /\d{4,}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g;
const DURATION = /\bP(?:\d+D)?T(?:-?\d+H)?(?:-?\d+M)?(?:-?[\d.]+S)?\b/g;

export const number = value => NUMBER.format(value);

/** A number where there is little room: 40K. */
export const short = value => SHORT.format(value);

export const count = (value, one, many = one + 's') => `${number(value)} ${value === 1 ? one : many}`;

/** A time of day, with its date if that is not today's. */
export function time(iso) {
  const date = new Date(iso);
  const now = new Date();
  const text = TIME.format(date);
  return date.toDateString() === now.toDateString() ? text : `${DAY.format(date)}, ${text}`;
}

/** Seconds of an ISO duration such as PT1H2M3.5S. */
export function seconds(iso) {
  const parts = /^P(?:(-?\d+)D)?T?(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?$/.exec(iso) ?? [];
  const [, days = 0, hours = 0, minutes = 0, rest = 0] = parts;
  return days * 86400 + hours * 3600 + minutes * 60 + Number(rest);
}

/** A span of seconds. */
export function span(value) {
  if (value < 0.0000005) return '0 s';
  if (value < 0.001) return `${number(value * 1e6)} µs`;
  if (value < 1) return `${number(value * 1000)} ms`;
  if (value < 60) return `${number(value)} s`;
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([size]) => value >= size);
  const rest = Math.floor(value % units[first][0] / units[first + 1][0]);
  const head = `${number(Math.floor(value / units[first][0]))} ${units[first][1]}`;
  return rest ? `${head} ${rest} ${units[first + 1][1]}` : head;
}

/** A sentence whose instants and durations are in the viewer's own form. */
export const sentence = text => text
    .replace(INSTANT, iso => time(iso))
    .replace(DURATION, iso => iso.length > 2 ? span(seconds(iso)) : iso);

/** The address of a view of this page: what it shows is in parameters, never in the path. */
export function address(parameters) {
  const query = new URLSearchParams();
  Object.entries(parameters).forEach(([name, value]) => {
    if (value !== null && value !== undefined) query.set(name, value);
  });
  return `?${query}`;
}
