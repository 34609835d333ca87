// The cases that need the most, take the longest and wait the longest, and what held cases back.
(() => {
  const Most = 10;

  // The first few of an order, without an order of all: cases may be a hundred thousand.
  function top(value) {
    const best = [];
    for (let i = 0; i < cases.length; i++) {
      const one = value(cases[i]);
      if (!(one > 0) || (best.length === Most && one <= best[Most - 1][1])) continue;
      let place = best.length;
      while (place > 0 && best[place - 1][1] < one) place--;
      best.splice(place, 0, [i, one]);
      if (best.length > Most) best.pop();
    }
    return best;
  }

  function table(id, heads, rows) {
    if (!byId(id)) return;
    const body = element('tbody');
    for (const cells of rows)
      body.append(element('tr', {}, ...cells.map(cell => typeof cell === 'string' ? element('td', { className: 'n' }, cell) : element('td', {}, cell))));
    byId(id).hidden = rows.length === 0;
    byId(id).append(element('table', { className: 'list' },
      element('thead', {}, element('tr', {}, ...heads.map((name, i) => element('th', { scope: 'col', className: i ? 'n' : '' }, name)))), body));
  }

  function link(i) {
    const made = element('button', { className: 'link', type: 'button' }, visible(cases[i][Case]));
    made.addEventListener('click', () => goTo(i));
    return made;
  }

  table('biggest', ['Case', 'Peak MB', 'Predicted MB'], top(one => one[Peak]).map(([i]) => [link(i), megabytes(cases[i][Peak]), megabytes(cases[i][Predicted])]));
  table('slowest', ['Case', 'Seconds'], top(one => one[Attempts] > 0 ? one[Seconds] : 0).map(([i]) => [link(i), seconds(cases[i][Seconds])]));
  table('waited', ['Case', 'Waited s'], top(one => one[Wait]).map(([i]) => [link(i), seconds(cases[i][Wait])]));
  table('noisiest', ['Case', 'Noise', 'Other differences'], top(one => one[Counts] ? one[Counts][Noise] : 0)
    .map(([i, noise]) => [link(i), number(noise), number([New, Absent, Updated, Moved].reduce((sum, which) => sum + cases[i][Counts][which], 0))]));

  const sums = meta.holds.map(() => [0, 0]);
  for (const one of cases) {
    if (!(one[Wait] > 0)) continue;
    sums[one[Held]][0]++;
    sums[one[Held]][1] += one[Wait];
  }
  table('held', ['What held cases back', 'Cases', 'Seconds in all'], sums
    .map(([held, time], i) => [element('span', {}, meta.holds[i].why), number(held), time.toFixed(1), time]).filter(row => row[1] !== '0')
    .sort((a, b) => b[3] - a[3]).map(row => row.slice(0, 3)));
})();
