"""How a thing is said: attribution, denial, hedging, judgement. Counted by words, so that vectors need not guess it."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from leitmotif.text.attribution import speaker_in
from leitmotif.text.quotes import quoted_share

_PATTERNS: dict[str, str] = {
    "reporting_verb": r"said|says|told|stated|added|according to|announced|reported|reports|wrote|quoted",
    "claiming_verb": r"claim(?:s|ed|ing)?|alleg(?:e|es|ed|ing|edly)|accus(?:e|es|ed|ing)|insist(?:s|ed)?|blam(?:e|es|ed)|"
    r"assert(?:s|ed)?|purport\w*|so-called|denounc\w+|warn(?:s|ed)?|call(?:s|ed)|describ(?:es|ed)|brand(?:s|ed)",
    "denial": r"no evidence|without evidence|not true|untrue|false|falsely|baseless|unfounded|debunk\w*|disprov\w+|refut\w+|"
    r"contrary to|in fact|in reality|never happened|fabricat\w+|conspiracy theor\w+|myth|hoax|misleading|disinformation|"
    r"propaganda narrative|pro-kremlin|fact-?check\w*|does not|did not|do not|has never|have never|there is no|there are no|"
    r"nothing to do with|no proof|not supported|rejected|dismissed",
    "official_record": r"court|tribunal|investigat\w+|inquiry|report by|commission|osce|un human rights|opcw|statistics|survey|"
    r"referendum|convention|treaty|resolution|ruling|ruled|found that|concluded|according to official",
    "hedge": r"may|might|could|appears?|possibl[ey]|reportedly|likely|seem(?:s|ed)?|suggests?",
    "judgement": r"regime|puppets?|junta|masters?|hysteria|russophob\w+|satanic|decaden\w+|so-called|vassals?|hypocri\w+|"
    r"lies?|shameless\w*|criminal\w*|insane|absurd|obvious\w*|of course|clearly|everyone knows|it is no secret|in truth|"
    r"no coincidence|the real|simply|merely|nothing but|putsch|coup",
    "imperative": r"must|should|let us|wake up|look at|remember|imagine|ask yourself|think",
    "first_person": r"we|us|our|i|my",
    "figures": r"\d[\d.,]*",
    "time_of_event": r"on (?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|earlier|this week|last week|in (?:january|february|"
    r"march|april|may|june|july|august|september|october|november|december)",
    "question": r"\?",
    "exclamation": r"!",
    "headline_colon": r"^[\w .’'-]{2,40}: ",
    "headline_dash": r" [-–—] [\w .’']{2,40}$",
}
_COMPILED = tuple(
    re.compile(pattern if name.startswith(("headline", "question", "excl")) else rf"\b(?:{pattern})\b", re.IGNORECASE)
    for name, pattern in _PATTERNS.items()
)
CUES = (*_PATTERNS, "quoted_share", "has_speaker", "log_words", "ends_with_stop")
"""Names of the cue features, in order."""


def cue_features(text: str) -> NDArray[np.float32]:
    """Shape (len(CUES),): saturating counts in [0, 1], shares in [0, 1], log word count over 6."""
    words = max(len(text.split()), 1)
    counts = [min(len(pattern.findall(text)), 3) / 3 for pattern in _COMPILED]
    shape = [
        quoted_share(text),
        float(speaker_in(text) is not None),
        float(np.log(words) / 6),
        float(text.rstrip().endswith((".", "!", "?", "…", "”", "»", '"'))),
    ]
    return np.array([*counts, *shape], np.float32)
