#!/usr/bin/env python3
"""Writes the counts in data/README.md and the picture data/counts.svg anew; `--check` only says if they are right."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import pycountry

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from training.check_data import count_kinds  # noqa: E402
from training.corpus import Corpus, load_corpus  # noqa: E402
from training.dataset import text_language  # noqa: E402

BEGIN = "<!-- counts: written by scripts/data_card.py -->"
END = "<!-- end of counts -->"

_COUNTRIES_SHOWN = 20
_BAR, _GAP, _LEFT, _WIDTH, _TOP = 18, 8, 250, 760, 56
_PRIMARY, _FURTHER = "#1f5a8a", "#9cc3e0"


def main(arguments: Sequence[str]) -> int:
    """Rewrite what is out of date; with `--check` change nothing and return 1 if there is any."""
    stale = [(path, text) for path, text in render(ROOT / "data").items() if _old(path) != text]
    for path, text in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is out of date: run scripts/data_card.py", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


def render(folder: Path) -> dict[Path, str]:
    """What the two files should hold."""
    corpus = load_corpus(folder)
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return {card: f"{text[:begin]}\n\n{counts_block(corpus)}\n\n{text[end:]}", folder / "counts.svg": picture(corpus)}


def counts_block(corpus: Corpus) -> str:
    """All tables as Markdown."""
    kinds = _table(("kind", "records"), count_kinds(corpus).items())
    return "\n\n".join(
        [
            "### By kind",
            kinds,
            f"{sum(bool(case.url) for case in corpus.cases):,} cases name the page that documents them, "
            f"{sum(bool(case.outlets) for case in corpus.cases):,} an outlet.",
            "### By narrative",
            "![Cases by narrative](counts.svg)",
            "Articles and passages are counted where they assert or attribute the narrative; contrast sets do both and "
            "refute it, too.",
            _narrative_table(corpus),
            "### By language",
            "The language that a text is written in. Beside it: cases whose claim was published in that language.",
            _language_table(corpus),
            "### By year",
            _year_table(corpus),
            "### By country",
            f"The {_COUNTRIES_SHOWN} countries that most cases are about; a case may be about several.",
            _country_table(corpus),
        ]
    )


def picture(corpus: Corpus) -> str:
    """A bar chart of cases by narrative: primary label dark, further labels light."""
    rows = [(n.name, *_case_counts(corpus, n.id)) for n in corpus.codebook.narratives]
    rows.sort(key=lambda row: -row[2])
    scale = (_WIDTH - _LEFT - 60) / max(total for _, _, total in rows)
    height = _TOP + len(rows) * (_BAR + _GAP) + 10
    bars = [
        _bar(name, primary, total, scale, _TOP + i * (_BAR + _GAP)) for i, (name, primary, total) in enumerate(rows)
    ]
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        'font-size="13" role="img">',
        "<title>Cases by narrative</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="12" y="24" font-size="16" font-weight="bold" fill="#222222">Cases by narrative</text>',
        f'<rect x="{_LEFT}" y="13" width="12" height="12" fill="{_PRIMARY}"/>',
        f'<text x="{_LEFT + 18}" y="24" fill="#222222">primary</text>',
        f'<rect x="{_LEFT + 90}" y="13" width="12" height="12" fill="{_FURTHER}"/>',
        f'<text x="{_LEFT + 108}" y="24" fill="#222222">among others</text>',
    ]
    return "\n".join([*head, *bars, "</svg>", ""])


def _bar(name: str, primary: int, total: int, scale: float, y: int) -> str:
    dark, long, base = primary * scale, total * scale, y + 14
    return (
        f'<text x="{_LEFT - 8}" y="{base}" text-anchor="end" fill="#222222">{escape(name)}</text>'
        f'<rect x="{_LEFT}" y="{y}" width="{long:.1f}" height="{_BAR}" fill="{_FURTHER}"/>'
        f'<rect x="{_LEFT}" y="{y}" width="{dark:.1f}" height="{_BAR}" fill="{_PRIMARY}"/>'
        f'<text x="{_LEFT + long + 6:.1f}" y="{base}" fill="#222222">{total}</text>'
    )


def _case_counts(corpus: Corpus, narrative: str) -> tuple[int, int]:
    """Cases that have the narrative first, and at all."""
    primary = sum(case.narratives[:1] == (narrative,) for case in corpus.cases)
    return primary, sum(narrative in case.narratives for case in corpus.cases)


def _narrative_table(corpus: Corpus) -> str:
    articles = Counter(name for article in corpus.articles for name in article.narratives)
    sets = Counter(name for one in corpus.contrast_sets for name in one.narratives)
    passages = Counter(name for one in corpus.passages if one.stance.carries for name in one.narratives)
    rows = [
        (f"`{name}`", *_case_counts(corpus, name), sets[name], passages[name], articles[name])
        for name in corpus.codebook.ids
    ]
    return _table(("narrative", "cases, primary", "cases, any", "contrast sets", "passages", "articles"), rows)


def _language_table(corpus: Corpus) -> str:
    records = (corpus.articles, corpus.contrast_sets, corpus.passages, corpus.plain_texts, corpus.claim_pairs)
    written = [Counter(text_language(case) for case in corpus.cases)]
    written += [Counter(record.language for record in kind) for kind in records]
    published = Counter(code for case in corpus.cases for code in case.languages)
    codes = sorted({code for counts in written for code in counts}, key=lambda code: (-written[0][code], code))
    rows = [(_language(code), *(counts[code] for counts in written), published[code]) for code in codes]
    others = sum(count for code, count in published.items() if code not in codes)
    rows.append(("others", *(0 for _ in written), others))
    return _table(("language", "cases", "articles", "contrast", "passages", "none", "claims", "published in"), rows)


def _year_table(corpus: Corpus) -> str:
    cases = Counter(case.date[:4] or "undated" for case in corpus.cases)
    articles = Counter(article.date[:4] or "undated" for article in corpus.articles)
    return _table(("year", "cases", "articles"), [(y, cases[y], articles[y]) for y in sorted(cases | articles)])


def _country_table(corpus: Corpus) -> str:
    counts = Counter(code for case in corpus.cases for code in case.countries)
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:_COUNTRIES_SHOWN]
    return _table(("country", "cases"), [(_country(code), count) for code, count in ranked])


def _language(code: str) -> str:
    language = pycountry.languages.get(alpha_2=code)
    return f"{language.name} (`{code}`)" if language else f"`{code}`"


def _country(code: str) -> str:
    special: Mapping[str, str] = {"EU": "European Union", "XK": "Kosovo"}
    country = pycountry.countries.get(alpha_2=code)
    name = special.get(code) or (getattr(country, "common_name", country.name) if country else code)
    return f"{name} (`{code}`)"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    lines += ["| " + " | ".join(f"{v:,}" if isinstance(v, int) else str(v) for v in row) + " |" for row in rows]
    return "\n".join(lines)


def _old(path: Path) -> str:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return re.sub(r"\r\n?", "\n", text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
