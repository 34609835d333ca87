'use strict';
// The table of cases: filter, order, rows that are there only while they are seen, and what is known of one case.
// Rows of data are arrays; the constants are their columns. Text of the run becomes text of the page and never markup.
const meta = JSON.parse(document.getElementById('meta').textContent);
const cases = JSON.parse(document.getElementById('cases').textContent);
const Case = 0, Status = 1, Reason = 2, Counts = 3, Seconds = 4, Peak = 5, Ended = 6, Attempts = 7, Wait = 8, Held = 9,
  Predicted = 10, Reserved = 11, Log = 12, Detail = 13;
const New = 0, Absent = 1, Updated = 2, Moved = 3, Unchanged = 4, Ignored = 5, Noise = 6;
const RowHeight = 30, MostRows = 550000; // browsers lay out no more than 17 million pixels

const byId = id => document.getElementById(id);
const number = value => value.toLocaleString('en-US');
const megabytes = bytes => bytes ? (bytes / 1048576).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 }) : '';
const seconds = value => value ? value.toFixed(value < 100 ? 3 : 1) : '';

// What is not to be seen is made visible, as VisibleText does for the other reports.
const picture = code => code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : `\\u{${code.toString(16)}}`;
const visible = (text, keep = '') => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, one => keep.includes(one) ? one : picture(one.codePointAt(0)));

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const column = (index, title, value, { wide = true, text = false } = {}) => ({ index, title, value, wide, text });
const count = which => one => one[Counts] ? one[Counts][which] : -1;
const columns = [
  column('status', 'Status', one => meta.severity[one[Status]], { wide: false, text: true }),
  column('case', 'Case', one => one[Case], { wide: false, text: true }),
  column('new', 'New', count(New)), column('absent', 'Absent', count(Absent)),
  column('updated', 'Updated', count(Updated)), column('moved', 'Moved', count(Moved)),
  column('seconds', 'Seconds', one => one[Seconds], { wide: false }), column('peak', 'Peak MB', one => one[Peak], { wide: false }),
  column('wait', 'Waited s', one => one[Wait]),
];

const state = { statuses: new Set(), words: [], at: null /* of which time: [from, to] */, sort: 'status', down: false, order: [], active: 0, open: -1 };
const view = byId('view'), space = byId('space'), detail = byId('detail'), rows = new Map();
let haystack = null; // made when it is first asked

const runs = (one, [from, to]) => one[Attempts] > 0 && one[Ended] >= from && one[Ended] - one[Seconds] <= to;

const between = ([from, to]) => to === Infinity ? `from ${from.toFixed(1)} s on` : `between ${from.toFixed(1)} and ${to.toFixed(1)} s`;

function select() {
  const { statuses, words, at } = state;
  if (words.length > 0) haystack ??= cases.map(one => `${one[Case]}\n${one[Reason]}`.toLowerCase());
  const chosen = [];
  for (let i = 0; i < cases.length; i++) {
    if (statuses.size > 0 && !statuses.has(cases[i][Status])) continue;
    if (at !== null && !runs(cases[i], at)) continue;
    if (words.length > 0 && !words.every(word => haystack[i].includes(word))) continue;
    chosen.push(i);
  }
  const value = columns.find(one => one.index === state.sort).value, sign = state.down ? -1 : 1;
  const keys = new Map(chosen.map(i => [i, value(cases[i])]));
  chosen.sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    if (x !== y) return x < y ? -sign : sign;
    return cases[a][Case] < cases[b][Case] ? -1 : cases[a][Case] > cases[b][Case] ? 1 : a - b;
  });
  state.order = chosen;
}

function update() {
  const before = state.order[state.active];
  select();
  state.active = Math.max(0, state.order.indexOf(before));
  const shown = Math.min(state.order.length, MostRows);
  for (const row of rows.values()) row.remove();
  rows.clear();
  space.style.height = `${shown * RowHeight}px`;
  byId('grid').setAttribute('aria-rowcount', shown + 1);
  byId('shown').textContent = `${number(state.order.length)} of ${number(cases.length)} cases`
    + (state.at === null ? '' : ` that ran ${between(state.at)}`) + (state.order.length > shown ? `; the first ${number(shown)} are shown` : '');
  byId('none').hidden = shown > 0;
  byId('all').hidden = state.statuses.size === 0 && state.words.length === 0 && state.at === null;
  for (const head of document.querySelectorAll('[role=columnheader]'))
    head.setAttribute('aria-sort', head.dataset.column !== state.sort ? 'none' : state.down ? 'descending' : 'ascending');
  view.scrollTop = Math.min(view.scrollTop, Math.max(0, (shown + 1) * RowHeight - view.clientHeight));
  render();
}

function rowOf(place) {
  const one = cases[state.order[place]];
  const figure = (text, wide) => element('span', { className: wide ? 'n wide' : 'n', role: 'gridcell' }, text);
  const counted = which => figure(one[Counts] ? number(one[Counts][which]) : '', true);
  const row = element('div', { className: 'row', role: 'row', tabIndex: -1, 'aria-rowindex': place + 2 },
    element('span', { role: 'gridcell' }, element('span', { className: `status ${meta.names[one[Status]]}` }, meta.words[one[Status]])),
    element('span', { className: 'name', role: 'gridcell', title: visible(one[Case]) }, visible(one[Case])),
    counted(New), counted(Absent), counted(Updated), counted(Moved),
    figure(seconds(one[Seconds])), figure(megabytes(one[Peak])), figure(seconds(one[Wait]), true));
  row.style.top = `${place * RowHeight}px`;
  row.dataset.place = place;
  return row;
}

// The rows in sight, some beyond, and the active one wherever it is, so that it never loses the focus.
function render() {
  const shown = Math.min(state.order.length, MostRows);
  const from = Math.max(0, Math.floor(view.scrollTop / RowHeight) - 8);
  const to = Math.min(shown, Math.ceil((view.scrollTop + view.clientHeight - RowHeight) / RowHeight) + 8);
  for (const [place, row] of rows) {
    if ((place < from || place >= to) && place !== state.active) { row.remove(); rows.delete(place); }
  }
  const show = place => { if (!rows.has(place)) { const row = rowOf(place); rows.set(place, row); space.append(row); } };
  for (let place = from; place < to; place++) show(place);
  if (state.active < shown) show(state.active);
  for (const [place, row] of rows) {
    row.tabIndex = place === state.active ? 0 : -1;
    row.setAttribute('aria-selected', state.order[place] === state.open);
  }
}

function activate(place, focus = true) {
  if (state.order.length === 0) return;
  state.active = Math.max(0, Math.min(place, Math.min(state.order.length, MostRows) - 1));
  const top = state.active * RowHeight;
  if (top < view.scrollTop) view.scrollTop = top;
  else if (top + 2 * RowHeight > view.scrollTop + view.clientHeight) view.scrollTop = top + 2 * RowHeight - view.clientHeight; // the head covers one
  render();
  if (focus) rows.get(state.active).focus({ preventScroll: true });
  if (state.open >= 0) open(state.order[state.active]);
}

function goTo(index) {
  if (!state.order.includes(index)) clear();
  open(index);
  activate(state.order.indexOf(index), false);
  detail.scrollIntoView({ block: 'nearest' });
  byId('opened').focus({ preventScroll: true });
}

function clear() {
  state.statuses.clear();
  state.words = [];
  state.at = null;
  byId('filter').value = '';
  for (const chip of document.querySelectorAll('.chip[data-status]')) chip.setAttribute('aria-pressed', 'false');
  update();
}

// What is known of one case.
function open(index) {
  state.open = index;
  const one = cases[index], facts = element('dl');
  const fact = (name, value) => { if (value) facts.append(element('dt', {}, name), element('dd', {}, value)); };
  fact('Why', visible(one[Reason]));
  if (one[Counts]) fact('Findings', ['new', 'absent', 'updated', 'moved', 'unchanged', 'ignored', 'noise']
    .map((name, i) => one[Counts][i] ? `${number(one[Counts][i])} ${name}` : '').filter(text => text).join(', '));
  if (one[Attempts]) fact('Took', `${seconds(one[Seconds])} s, ended ${one[Ended].toFixed(1)} s into the run${one[Attempts] > 1 ? `, attempt ${one[Attempts]}` : ''}`);
  if (one[Peak]) fact('Memory', `at most ${megabytes(one[Peak])} MB`
    + (one[Reserved] ? `; ${megabytes(one[Reserved])} MB were set aside, ${megabytes(one[Predicted])} MB predicted` : ''));
  if (one[Wait]) fact('Waited', `${seconds(one[Wait])} s: ${meta.holds[one[Held]].why}`);
  if (one[Log]) fact('Log', visible(one[Log]));
  const close = element('button', { className: 'close', type: 'button' }, 'Close');
  close.addEventListener('click', shut);
  detail.replaceChildren(
    element('div', { className: 'top' }, element('span', { className: `status ${meta.names[one[Status]]}` }, meta.words[one[Status]]),
      element('h3', { id: 'opened', tabIndex: -1 }, visible(one[Case])), close),
    facts, ...differences(one));
  detail.hidden = false;
  render();
}

function shut() {
  state.open = -1;
  detail.hidden = true;
  render();
  rows.get(state.active)?.focus({ preventScroll: true });
}

function differences(one) {
  const told = one[Detail];
  if (!told) return one[Counts] || meta.names[one[Status]] === 'Changed' ? [element('p', { className: 'quiet' }, meta.noDetail)] : [];
  const parts = [];
  if (told.rows) parts.push(sideBySide(told.rows));
  if (told.list) parts.push(listed(told.list));
  if (told.note) parts.push(element('p', { className: 'quiet' }, told.note));
  return parts;
}

// A text of a side: null where it has none, a text, or pieces in turn: equal, changed, equal, ...
function pieces(text, mark) {
  if (text === null) return [];
  if (typeof text === 'string') return [visible(text, '\t')];
  return text.map((piece, i) => i % 2 ? element(mark, {}, visible(piece, '\t')) : visible(piece, '\t'));
}

function sideBySide(lines) {
  const body = element('tbody');
  const side = (text, kind, mark) => element('td', { className: text === null ? 'none' : kind }, ...pieces(text, mark));
  for (const line of lines) {
    if (line === 0) {
      body.append(element('tr', { className: 'gap' }, element('td', { colSpan: 4 }, '⋯')));
      continue;
    }
    const same = line.length === 3, right = same ? line[1] : line[3];
    body.append(element('tr', {},
      element('td', { className: 'no' }, line[0] || ''), side(line[1], same ? '' : 'less', 'del'),
      element('td', { className: 'no' }, line[2] || ''), side(right, same ? '' : 'more', 'ins')));
  }
  return element('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Baseline and candidate side by side' },
    element('table', { className: 'sides' }, body));
}

// Findings, values and records, by what became of them: the order in which the journal has them.
function listed(list) {
  const ruled = list.some(one => one[2]), body = element('tbody');
  for (const [kind, place, rule, before, after] of list) {
    body.append(element('tr', {},
      element('td', {}, element('span', { className: `status ${kind}` }, kind.toLowerCase())), element('td', {}, visible(place)),
      ...ruled ? [element('td', {}, visible(rule))] : [],
      element('td', {}, ...pieces(before, 'del')), element('td', {}, ...pieces(after, 'ins'))));
  }
  const heads = ['Difference', 'Where', ...ruled ? ['Rule'] : [], 'Baseline', 'Candidate'];
  const head = element('thead', {}, element('tr', {}, ...heads.map(name => element('th', { scope: 'col' }, name))));
  return element('div', { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'Differences' },
    element('table', { className: 'list' }, head, body));
}

// Keys and pointer.
for (const { index, title, wide, text } of columns) {
  const button = element('button', { type: 'button' }, title);
  button.addEventListener('click', () => {
    state.down = state.sort === index ? !state.down : !text; // figures: the largest first
    state.sort = index;
    update();
  });
  byId('head').append(element('span', { role: 'columnheader', className: `${text ? '' : 'n'} ${wide ? 'wide' : ''}`, 'data-column': index }, button));
}
for (const chip of document.querySelectorAll('.chip[data-status]')) {
  chip.addEventListener('click', () => {
    const status = Number(chip.dataset.status);
    if (!state.statuses.delete(status)) state.statuses.add(status);
    chip.setAttribute('aria-pressed', state.statuses.has(status));
    update();
  });
}
let typed = 0;
byId('filter').addEventListener('input', event => {
  clearTimeout(typed);
  typed = setTimeout(() => {
    state.words = event.target.value.toLowerCase().split(/\s+/).filter(word => word);
    update();
  }, cases.length > 20000 ? 120 : 0);
});
byId('all').addEventListener('click', () => { clear(); byId('filter').focus(); });
view.addEventListener('scroll', () => requestAnimationFrame(render), { passive: true });
space.addEventListener('click', event => {
  const row = event.target.closest('.row');
  if (!row) return;
  open(state.order[Number(row.dataset.place)]);
  activate(Number(row.dataset.place));
});
view.addEventListener('keydown', event => {
  const page = Math.max(1, Math.floor(view.clientHeight / RowHeight) - 2);
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (event.key in moves) activate(state.active + moves[event.key]);
  else if ((event.key === 'Enter' || event.key === ' ') && state.order.length > 0) {
    open(state.order[state.active]);
    detail.scrollIntoView({ block: 'nearest' });
    byId('opened').focus({ preventScroll: true });
  }
  else if (event.key === 'Escape' && state.open >= 0) shut();
  else return;
  event.preventDefault();
});
detail.addEventListener('keydown', event => { if (event.key === 'Escape') shut(); });
document.addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input')) return;
  byId('filter').focus();
  event.preventDefault();
});
new ResizeObserver(render).observe(view);

// On paper there is no scrolling: a plain table of what the filter has chosen.
const MostPrinted = 1000;
addEventListener('beforeprint', () => {
  const body = element('tbody');
  for (const index of state.order.slice(0, MostPrinted)) {
    const one = cases[index];
    body.append(element('tr', {}, element('td', {}, meta.words[one[Status]]), element('td', {}, visible(one[Case])), element('td', {}, visible(one[Reason])),
      element('td', { className: 'n' }, seconds(one[Seconds])), element('td', { className: 'n' }, megabytes(one[Peak]))));
  }
  const head = element('thead', {}, element('tr', {}, ...['Status', 'Case', 'Why', 'Seconds', 'Peak MB'].map((name, i) => element('th', { scope: 'col', className: i > 2 ? 'n' : '' }, name))));
  byId('printed').replaceChildren(element('table', { className: 'list' }, head, body));
  if (state.order.length > MostPrinted) byId('printed').append(element('p', {}, `${number(state.order.length - MostPrinted)} more cases are not printed.`));
});
addEventListener('afterprint', () => byId('printed').replaceChildren());

update();
