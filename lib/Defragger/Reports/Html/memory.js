// Memory over the run. The cursor goes with the pointer or, by arrow keys, from sample to sample and tells which cases ran then.
(() => {
  const samples = meta.samples;
  if (samples.length < 2) return;
  const [At, Used, Total, Running, Limit, Reserved_, Budget] = [0, 1, 2, 3, 4, 5, 6];
  const svg = byId('graph'), moment = byId('moment');
  const make = (name, attributes, text) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const Left = 62, Right = 16, Top = 14, MemoryHeight = 200, WorkersTop = 240, WorkersHeight = 60;
  const last = Math.max(samples[samples.length - 1][At], 0.001);
  const most = samples.reduce((high, one) => Math.max(high, one[Used], one[Reserved_], one[Budget]), 1) * 1.05;
  const mostWorkers = samples.reduce((high, one) => Math.max(high, one[Running], one[Limit]), 1) * 1.1;
  const nice = (span, parts) => {
    const step = span / parts, power = 10 ** Math.floor(Math.log10(step));
    return [1, 2, 5, 10].find(factor => factor * power >= step) * power;
  };
  let width = 0, cursor = null, current = samples.length - 1;
  const x = at => Left + at / last * (width - Left - Right);
  const y = bytes => Top + MemoryHeight * (1 - bytes / most);
  const w = workers => WorkersTop + WorkersHeight * (1 - workers / mostWorkers);
  const steps = (which, scale) => samples.map((one, i) => (i ? `H${x(one[At]).toFixed(1)}V` : `M${x(one[At]).toFixed(1)} `) + scale(one[which]).toFixed(1)).join('');

  function draw() {
    width = svg.clientWidth;
    svg.setAttribute('viewBox', `0 0 ${width} 340`);
    svg.replaceChildren();
    const gigabyte = 2 ** 30, unit = most > 2 * gigabyte ? gigabyte : 2 ** 20;
    const line = (x1, y1, x2, y2) => svg.append(make('line', { class: 'grid', x1, y1, x2, y2 }));
    for (let step = nice(most / unit, 4), value = 0; value * unit <= most; value += step) {
      line(Left, y(value * unit), width - Right, y(value * unit));
      svg.append(make('text', { x: Left - 8, y: y(value * unit) + 4, 'text-anchor': 'end' }, `${Number(value.toPrecision(6))} ${unit === gigabyte ? 'GB' : 'MB'}`));
    }
    for (let step = Math.max(1, Math.ceil(nice(mostWorkers, 2))), value = 0; value <= mostWorkers; value += step) {
      line(Left, w(value), width - Right, w(value));
      svg.append(make('text', { x: Left - 8, y: w(value) + 4, 'text-anchor': 'end' }, value));
    }
    for (let step = nice(last, Math.max(2, width / 140)), value = 0; value <= last; value += step)
      svg.append(make('text', { x: x(value), y: WorkersTop + WorkersHeight + 22, 'text-anchor': 'middle' }, `${Number(value.toPrecision(6))} s`));
    const used = samples.map((one, i) => `${i ? 'L' : 'M'}${x(one[At]).toFixed(1)} ${y(one[Used]).toFixed(1)}`).join('');
    svg.append(make('path', { class: 'used', d: `${used}L${x(last)} ${y(0)}L${x(samples[0][At])} ${y(0)}Z` }));
    if (samples.some(one => one[Budget] > 0)) svg.append(make('path', { class: 'budget', d: steps(Budget, y) }));
    if (samples.some(one => one[Reserved_] > 0)) svg.append(make('path', { class: 'reserved', d: steps(Reserved_, y) }));
    svg.append(make('path', { class: 'limit', d: steps(Limit, w) }), make('path', { class: 'running', d: steps(Running, w) }));
    cursor = make('line', { class: 'cursor', y1: Top, y2: WorkersTop + WorkersHeight, visibility: 'hidden' });
    svg.append(cursor);
  }

  function show(index) {
    current = Math.max(0, Math.min(index, samples.length - 1));
    const one = samples[current], at = one[At];
    const time = [at, current + 1 < samples.length ? samples[current + 1][At] : Infinity]; // until the next sample: short cases run between two
    cursor.setAttribute('x1', x(at));
    cursor.setAttribute('x2', x(at));
    cursor.setAttribute('visibility', 'visible');
    const running = [];
    let more = 0;
    for (let i = 0; i < cases.length; i++) {
      if (!runs(cases[i], time)) continue;
      if (running.length < 12) running.push(i); else more++;
    }
    const size = bytes => `${megabytes(bytes)} MB`;
    const text = `At ${at.toFixed(1)} s: ${size(one[Used])} of ${size(one[Total])} used`
      + (one[Budget] ? `, budget ${size(one[Budget])}` : '') + (one[Reserved_] ? `, ${size(one[Reserved_])} reserved` : '')
      + `; ${number(one[Running])} running, at most ${number(one[Limit])}.`;
    svg.setAttribute('aria-valuenow', current);
    svg.setAttribute('aria-valuetext', `${text} ${running.map(i => cases[i][Case]).join(', ')}`);
    const names = running.map(i => {
      const link = element('button', { className: 'link', type: 'button' }, visible(cases[i][Case]));
      link.addEventListener('click', () => goTo(i));
      return link;
    });
    const table = element('button', { className: 'link', type: 'button' }, more > 0 ? `and ${number(more)} more` : 'show in the table');
    table.addEventListener('click', () => { state.at = time; update(); byId('cases-title').scrollIntoView(); });
    moment.replaceChildren(element('p', {}, text),
      element('p', {}, ...(names.length > 0 ? [...names, table] : [element('span', { className: 'quiet' }, 'No case that ended ran then.')])));
  }

  function nearest(event) {
    const box = svg.getBoundingClientRect();
    const at = (event.clientX - box.left - Left) / (width - Left - Right) * last;
    let low = 0, high = samples.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (samples[middle][At] <= at) low = middle; else high = middle - 1;
    }
    return low;
  }

  svg.addEventListener('pointermove', event => requestAnimationFrame(() => show(nearest(event))));
  svg.addEventListener('click', event => show(nearest(event)));
  svg.addEventListener('focus', () => show(current));
  svg.addEventListener('keydown', event => {
    const page = Math.max(1, Math.round(samples.length / 20));
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageUp: page, PageDown: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in moves)) return;
    show(current + moves[event.key]);
    event.preventDefault();
  });
  svg.setAttribute('aria-valuemax', samples.length - 1);
  new ResizeObserver(() => { if (svg.clientWidth !== width) { draw(); } }).observe(svg);
  byId('memory').hidden = false;
  draw();
})();
