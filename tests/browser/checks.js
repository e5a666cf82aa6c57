// Returns what is wrong with the page as it is shown now, what is folded included; arguments[0] tells whether its theme is
// to be dark.
const folded = [...document.querySelectorAll('details:not([open])')];
folded.forEach(one => { one.open = true; });
const found = [];
const say = (what, element) => found.push(element ? `${what}: ${short(element)}` : what);
const short = element => `<${element.tagName.toLowerCase()}> ${(element.textContent || '').trim().slice(0, 60)}`;

// Text of a model is text.
if (window.pwned !== undefined) say(`hostile text ran (${window.pwned})`);
const attributes = [...document.querySelectorAll('*')].flatMap(element => [...element.attributes]);
for (const one of attributes) {
  if (/^on/i.test(one.name) || one.name === 'style') say(`attribute ${one.name}`, one.ownerElement);
  if (/^(href|src|action|formaction|xlink:href)$/i.test(one.name) && /^\s*javascript:|example\.org/i.test(one.value))
    say(`link to ${one.value.slice(0, 60)}`, one.ownerElement);
}
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
if (unseen.test(document.body.innerText)) say('unseen characters are not shown as escapes');

// It fits its width, and has a title.
if (!document.title.trim()) say('no title');
if (document.documentElement.scrollWidth > window.innerWidth)
  say(`scrolls sideways, ${document.documentElement.scrollWidth} pixels wide`);

// Text can be read: its color stands out from what is behind it.
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const known = {};
const rgba = color => {
  if (known[color]) return known[color];
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = '#000';
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return known[color] = [red, green, blue, alpha / 255];
};
const over = (top, below) => [0, 1, 2].map(place => top[place] * top[3] + below[place] * (1 - top[3])).concat(1);
const light = color => color.slice(0, 3).map(part => part / 255)
  .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const contrast = (one, other) => (Math.max(light(one), light(other)) + 0.05) / (Math.min(light(one), light(other)) + 0.05);
const root = rgba(getComputedStyle(document.documentElement).backgroundColor);
const page = over(rgba(getComputedStyle(document.body).backgroundColor), root[3] ? root : [255, 255, 255, 1]);
if (arguments[0] ? light(page) > 0.1 : light(page) < 0.8) say(`the ground is ${page.slice(0, 3)} in the ${arguments[0] ? 'dark' : 'light'} theme`);
const isShown = element => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
const isOfSVG = element => element instanceof SVGElement;
const ground = element => { // what is painted behind an element of HTML
  const layers = [];
  for (let one = element; one && !isOfSVG(one); one = one.parentElement) {
    const color = rgba(getComputedStyle(one).backgroundColor);
    layers.push(color);
    if (color[3] === 1) break;
  }
  return layers.reduceRight((below, color) => over(color, below), page);
};
const behind = text => { // what is painted behind the middle of a text of SVG
  const box = text.getBoundingClientRect();
  const stack = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  for (const one of stack) {
    if (one === text || text.contains(one) || one.contains(text) && isOfSVG(one)) continue;
    if (!isOfSVG(one)) return ground(one);
    const fill = rgba(getComputedStyle(one).fill);
    if (/^(path|rect|circle|ellipse|polygon|use)$/.test(one.tagName) && getComputedStyle(one).fill !== 'none' && fill[3])
      return over([...fill.slice(0, 3), fill[3] * getComputedStyle(one).fillOpacity], page);
  }
  return page;
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const texts = new Set();
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (walker.currentNode.data.trim() && !/^(SCRIPT|STYLE|NOSCRIPT|OPTION)$/.test(element.tagName)) texts.add(element);
}
const weak = {};
for (const element of texts) {
  if (!isShown(element)) continue;
  const style = getComputedStyle(element);
  const own = isOfSVG(element);
  const back = own ? behind(element) : ground(element);
  const ink = rgba(own ? style.fill : style.color);
  const seen = over([...ink.slice(0, 3), ink[3] * style.opacity * (own ? style.fillOpacity : 1)], back);
  const size = parseFloat(style.fontSize);
  const wanted = own || size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5;
  const reached = contrast(seen, back);
  const key = `${style.color} ${style.fill} ${back}`;
  if (reached < wanted && !weak[key]) {
    weak[key] = true;
    say(`contrast ${reached.toFixed(1)} of ${wanted}`, element);
  }
}

// Texts of a figure are large enough, stand within it and not upon each other.
for (const svg of document.querySelectorAll('svg')) {
  if (!isShown(svg)) continue;
  const frame = svg.getBoundingClientRect();
  const boxes = [...svg.querySelectorAll('text')].filter(one => one.textContent.trim() && isShown(one))
    .map(one => ({ one, box: one.getBoundingClientRect(), turned: /rotate\((?!-?0\b)/.test(one.getAttribute('transform') || '') }));
  const name = svg.closest('figure')?.id || svg.getAttribute('aria-label')?.slice(0, 40) || 'a figure';
  for (const { one, box } of boxes) {
    const scale = frame.width / (svg.viewBox.baseVal?.width || frame.width);
    const size = parseFloat(getComputedStyle(one).fontSize) * scale;
    if (size < 7.5) say(`text of ${size.toFixed(1)} pixels in ${name}`, one);
    if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2 || box.bottom > frame.bottom + 2)
      say(`text leaves ${name}`, one);
  }
  for (let first = 0; first < boxes.length; first++)
    for (let second = first + 1; second < boxes.length; second++) {
      const [a, b] = [boxes[first], boxes[second]];
      if (a.turned || b.turned) continue;
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (wide > 2 && high > 0.35 * Math.min(a.box.height, b.box.height))
        say(`in ${name} "${a.one.textContent.trim().slice(0, 25)}" stands upon "${b.one.textContent.trim().slice(0, 25)}"`);
    }
}
folded.forEach(one => { one.open = false; });
return [...new Set(found)].slice(0, 40);
