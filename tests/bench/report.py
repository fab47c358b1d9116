"""report.py - what was measured, as a table and as a picture

A result is {resolver: {measure: value}}, raizd first; a resolver may lack measures (the bare responder has hits only). Ratios
are raizd's figure over the other's in the table; in the picture a point right of the line is worse than raizd, on an axis of
powers of two, rates and shares turned round so that this holds for them, too.
"""
import math
import statistics

MEASURES = [   # key, group of --only, unit and meaning, digits
    ("hit_us", "hits", "cache hit, 1,000 names, CPU us an answer", 2),
    ("hit_user_us", "hits", "of that in user space, us", 2),
    ("hits_s", "hits", "cache hits a second", 0),
    ("many_us", "memory", "cache hit, 100,000 names, CPU us", 2),
    ("batch_us", "hits", "cache hit, client sends in batches, CPU us", 2),
    ("cold_s", "cold", "cold at full speed, queries a second", 0),
    ("cold_us", "cold", "cold at full speed, CPU us a query", 1),
    ("cold_up", "cold", "questions to name servers a query", 2),
    ("mean_ms", "latency", "realistic latency, mean ms", 1),
    ("p90_ms", "latency", "realistic latency, p90 ms", 1),
    ("far_up", "latency", "questions to name servers a query there", 2),
    ("tcp_us", "tcp", "TCP, 1,000 connections, CPU us an answer", 2),
    ("name_bytes", "memory", "memory a cached name, octets", 0),
    ("cold_mb", "cold", "memory at most in the cold run, MB", 1),
    ("start_mb", "start", "memory at the start, MB", 1),
    ("first_ms", "start", "exec to first answer, ms", 1),
    ("start_ms", "start", "exec to first name resolved, ms", 1),
    ("calm_pct", "storm", "own clients answered well without attack, %", 1),
    ("storm_pct", "storm", "the same while dead servers are attacked, %", 1)]
GROUPS = ["start", "cold", "hits", "tcp", "memory", "latency", "storm"]
MORE_IS_BETTER = {"hits_s", "cold_s", "calm_pct", "storm_pct"}
RATIO_MOST = 64     # what is further away stands at the edge


def medians(seen):
    """Of {resolver: [figures of each round]}; a round may lack some."""
    return {n: {key: statistics.median(m[key] for m in rounds if key in m) for key in {k: None for m in rounds for k in m}}
            for n, rounds in seen.items()}


def rows(result):
    """The measures that raizd has, with everybody's values (None: not measured)."""
    own = next(iter(result.values()))
    return [(key, text, digits, {n: m.get(key) for n, m in result.items()}) for key, _, text, digits in MEASURES if key in own]


def table(result):
    names = list(result)
    lines = ["| | " + " | ".join(names) + " | " + " | ".join(f"raizd : {n}" for n in names[1:]) + " |",
             "|---|" + "---:|" * (2 * len(names) - 1)]
    for _, text, digits, value in rows(result):
        shown = [f"{value[n]:,.{digits}f}" if value[n] is not None else "" for n in names]
        ratios = [f"{value[names[0]] / value[n]:.2f}" if value[n] and value[n] > 0 else "" for n in names[1:]]
        lines.append(f"| {text} | " + " | ".join(shown + ratios) + " |")
    return "\n".join(lines)


def worse(key, own, other):
    """How many times worse than raizd the other is; None: cannot be said."""
    if own is None or other is None or own <= 0 or other <= 0:
        return None
    return own / other if key in MORE_IS_BETTER else other / own


# ---- the picture ----

SHAPES = [  # colours that the colour-blind tell apart; x and y are put in
    ("#d55e00", '<circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>'),
    ("#0072b2", '<rect x="{x:.1f}" y="{y:.1f}" width="9" height="9" transform="translate(-4.5,-4.5)"/>'),
    ("#009e73", '<path d="M{x:.1f} {y:.1f}m0 -6l6 10h-12z"/>'),
    ("#cc79a7", '<path d="M{x:.1f} {y:.1f}m0 -6l6 6l-6 6l-6 -6z"/>'),
    ("#7f7f7f", '<path d="M{x:.1f} {y:.1f}m-5 -1.5h10v3h-10z"/>')]
LEFT, RIGHT, WIDTH, ROW, TOP = 330, 800, 900, 22, 62
STYLE = """<style>
 svg { font: 13px sans-serif } .back { fill: #ffffff } text { fill: #202020 } .grid { stroke: #d8d8d8 } .own { stroke: #202020; stroke-width: 2 }
 .small { font-size: 11px } .band { fill: #f4f4f4 }
 @media (prefers-color-scheme: dark) { .back { fill: #16181c } text { fill: #e6e6e6 } .grid { stroke: #3a3d44 } .own { stroke: #e6e6e6 }
  .band { fill: #1e2127 } }
</style>"""


def shape_of(name, i):
    """Colour and form: the bare responder has its own, the others by their order."""
    return SHAPES[-1] if name == "bare" else SHAPES[i % (len(SHAPES) - 1)]


def span(result):
    """The powers of two that the axis begins and ends with."""
    own = next(iter(result))
    all_of = [w for key, _, _, v in rows(result) for n in v if n != own and (w := worse(key, v[own], v[n])) is not None]
    low, high = min(all_of + [0.5]), min(max(all_of + [2]), RATIO_MOST)
    return max(math.floor(math.log2(low)), -6), math.ceil(math.log2(high))


def picture(result, title):
    names, shown = list(result), rows(result)
    low, high = span(result)

    def x_of(ratio):
        return LEFT + (RIGHT - LEFT) * (min(max(math.log2(ratio), low), high) - low) / (high - low)
    bottom = TOP + ROW * len(shown)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + 44}" viewBox="0 0 {WIDTH} {bottom + 44}">', STYLE,
           f'<rect class="back" width="{WIDTH}" height="{bottom + 44}"/>', f'<text x="12" y="20" font-weight="bold">{title}</text>']
    for i, n in enumerate(names[1:]):
        colour, shape = shape_of(n, i)
        out.append(f'<g fill="{colour}">{shape.format(x=LEFT + i * 108, y=40)}</g><text x="{LEFT + 12 + i * 108}" y="45">{n}</text>')
    out.append(f'<text x="{WIDTH - 12}" y="45" text-anchor="end">{names[0]}</text>')
    out += [f'<rect class="band" x="0" y="{TOP + ROW * i}" width="{WIDTH}" height="{ROW}"/>' for i in range(0, len(shown), 2)]
    for power in range(low, high + 1):
        label = f"{2 ** power} x" if power >= 0 else f"1/{2 ** -power}"
        out.append(f'<line class="{"grid" if power else "own"}" x1="{x_of(2 ** power):.1f}" y1="{TOP}" x2="{x_of(2 ** power):.1f}" y2="{bottom}"/>'
                   f'<text class="small" x="{x_of(2 ** power):.1f}" y="{bottom + 16}" text-anchor="middle">{label}</text>')
    for i, (key, text, digits, value) in enumerate(shown):
        y = TOP + ROW * i + ROW / 2
        out.append(f'<text x="{LEFT - 16}" y="{y + 4.5:.1f}" text-anchor="end">{text}</text>'
                   f'<text x="{WIDTH - 12}" y="{y + 4.5:.1f}" text-anchor="end">{value[names[0]]:,.{digits}f}</text>')
        for k, n in enumerate(names[1:]):
            ratio = worse(key, value[names[0]], value[n])
            if ratio is not None:
                colour, shape = shape_of(n, k)
                out.append(f'<g fill="{colour}">{shape.format(x=x_of(ratio), y=y)}<title>{n}: {value[n]:,.{digits}f}</title></g>')
    out.append(f'<text class="small" x="{(LEFT + RIGHT) / 2}" y="{bottom + 34}" text-anchor="middle">times worse than {names[0]} '
               '(left of the line: better)</text></svg>')
    return "\n".join(out) + "\n"
