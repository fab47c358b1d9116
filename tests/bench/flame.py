"""flame.py - samples of call stacks as a flame graph: the wider a box, the more of the time was spent in it and what it called

The root is at the bottom. A colour for each place: the kernel, raizd, the cryptographic library, other libraries. What takes less
than LEAST of the time is not drawn, so that the file stays small; the boxes' titles say what does not fit into them."""
import re
from xml.sax.saxutils import escape

WIDTH, ROW, CHARACTER, LEAST = 1180, 17, 6.4, 0.004
COLOURS = {"kernel": "#f2b48a", "raizd": "#9ec9ef", "libcrypto": "#a8d8a0", "libraries": "#dcdcdc"}


def place_of(symbol, dso):
    if dso.startswith("[kernel") or dso.startswith("[guest.kernel") or dso == "[vdso]":
        return "kernel"
    for name in ("raizd", "libcrypto"):
        if name in dso:
            return name
    return "libraries"


def stacks(text):
    """From the output of perf script -F comm,ip,sym,dso: for each sample [(function, place), ...], the root first."""
    for sample in text.split("\n\n"):
        frames = []
        for line in sample.split("\n")[1:]:
            m = re.match(r"\s+[0-9a-f]+ (.+) \((.*)\)$", line)
            if m and m.group(2) != "[unknown]":
                symbol, dso = m.group(1).split("+0x")[0], m.group(2)
                place = place_of(symbol, dso)
                frames.append((f"[{dso.rsplit('/', 1)[-1]}]" if symbol == "[unknown]" else re.sub(r"\.(constprop|isra|part|cold)[.\d]*", "", symbol), place))
        if frames := tidy(frames[::-1]):
            yield frames


def tidy(frames):
    """One box for several unknown frames in a row, none for what stands below main(), nor for interrupts: they meet whom they meet."""
    frames = frames[:next((i for i, (name, _) in enumerate(frames) if name.startswith("asm_sysvec_")), len(frames))]
    known = [i for i, (name, _) in enumerate(frames) if name in ("main", "start_thread", "worker_main")]
    frames = frames[known[-1]:] if known else frames
    return [f for i, f in enumerate(frames) if i == 0 or f != frames[i - 1]]


class Box:
    def __init__(self):
        self.samples, self.inside = 0, {}


def tree(all_stacks):
    root = Box()
    for frames in all_stacks:
        root.samples += 1
        box = root
        for frame in frames:
            box = box.inside.setdefault(frame, Box())
            box.samples += 1
    return root


def shares(root):
    """{place: share of the samples that ended there}"""
    found = {}

    def visit(box, place):
        own = box.samples - sum(b.samples for b in box.inside.values())
        found[place] = found.get(place, 0) + own
        for (_, p), b in box.inside.items():
            visit(b, p)
    visit(root, "")
    return {p: n / max(root.samples, 1) for p, n in found.items() if p and n}


def picture(root, title):
    rows, deepest, left = [], 0, 10

    def draw(box, x, depth):
        nonlocal deepest
        for (name, place), b in sorted(box.inside.items()):
            share = b.samples / root.samples
            if share >= LEAST:
                rows.append((x, depth, share, name, place))
                deepest = max(deepest, depth)
                draw(b, x, depth + 1)
            x += share
    draw(root, 0.0, 0)
    height = 70 + (deepest + 1) * ROW
    bottom = height - 12
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 20}" height="{height}" viewBox="0 0 {WIDTH + 20} {height}" '
           'font-family="sans-serif" font-size="11.5">', f'<rect width="{WIDTH + 20}" height="{height}" fill="#ffffff"/>',
           f'<text x="{left}" y="20" font-size="14" font-weight="bold" fill="#202020">{escape(title)}</text>']
    x = left
    for place, share in sorted(shares(root).items(), key=lambda s: -s[1]):
        text = f"{place} {100 * share:.0f} %"
        out.append(f'<rect x="{x}" y="31" width="12" height="12" fill="{COLOURS[place]}"/><text x="{x + 17}" y="41" fill="#202020">{text}</text>')
        x += 130
    for x, depth, share, name, place in rows:
        width, y = share * WIDTH, bottom - (depth + 1) * ROW
        out.append(f'<g><title>{escape(name)}: {100 * share:.1f} %</title><rect x="{left + x * WIDTH:.1f}" y="{y}" width="{max(width - 0.6, 0.4):.1f}" '
                   f'height="{ROW - 1}" rx="1" fill="{COLOURS[place]}"/>')
        room = int((width - 6) / CHARACTER)
        if room >= 3:
            shown = name if len(name) <= room else name[:room - 1] + "…"
            out.append(f'<text x="{left + x * WIDTH + 3:.1f}" y="{y + ROW - 5}" fill="#202020">{escape(shown)}</text>')
        out.append("</g>")
    return "\n".join(out) + "\n</svg>\n"
