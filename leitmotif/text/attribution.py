"""Finds who is quoted: the speaker of a sentence that relays somebody's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from leitmotif.domain import Sentence, Span
from leitmotif.text.quotes import quoted_spans

_TELLING = (
    r"said|says|say|reported|reports|claimed|claims|claim|stated|states(?!\s*,)|warned|warns|alleged|alleges|argued|argues|insisted|insists|added|adds|"
    "noted|notes|declared|declares|announced|announces|asserted|asserts|complained|complains|maintained|maintains|"
    "stressed|stresses|emphasi[sz]ed|emphasi[sz]es|suggested|suggests|wrote|writes|tweeted|posted|explained|explains|"
    "highlighted|highlights|remarked|remarks|thundered|raged|recalled|replied|responded|reiterated|believes|believed|"
    "answered|answers|contended|contends|concluded|concludes|observed|observes|recalls|repeated|repeats|thunders|scoffs|posts|"
    # German, French, Spanish, Russian
    "sagte|sagt|erklärte|erklärt|warnte|warnt|behauptete|behauptet|betonte|betont|meinte|schrieb|schreibt|"
    "déclaré|déclare|affirmé|affirme|dit|averti|avertit|assuré|assure|estimé|estime|indiqué|indique|ajouté|écrit|"
    "dijo|dice|afirmó|afirma|declaró|declara|aseguró|asegura|advirtió|advierte|señaló|señala|denunció|denuncia|"
    "(?:заяв|сообщ|предупред|добав|объяв)ил[аи]?|сказал[аи]?|утвержда(?:ет|ют)|отметил[аи]?|подчеркнул[аи]?|написал[аи]?|"
    "счита(?:ет|ют)|пишет"
)
"""Verbs that stand on both sides of the name: `Putin said`, `said Putin`."""

_ADDRESSING = (
    "told|tells|accused|accuses|charged|described|describes|called|calls|denounced|denounces|condemned|condemns|"
    "blamed|blames|spoken|spoke|speaks|went on|goes on|commented|informed|informs|urged|urges|asks|asked|"
    "beschuldigte|accusé|accuse|acusó|acusa|обвинил[аи]?"
)
"""Verbs that stand behind the name only; what follows them is whom or what they speak of."""

_IN_TITLE_CASE = "Said|Says|Claims|Claimed|Warns|Warned|Insists|Accuses|Accused|Alleges|Tells|Told|Blames"
_VERBS = rf"(?:{_TELLING}|{_ADDRESSING}|{_IN_TITLE_CASE})\b"
_HELPER = r"(?:(?:also|has|had|have|later|then|again|once|even|repeatedly|falsely|hat|a|ha|также|ранее|\w+ly)\s+){0,2}"
_NOUN = r"(?:claims?|reports|notes|calls|states)\s+(?:of|about|on|are|were|was|is|have|had)\b"
_TITLE_WORD = r"(?:[A-ZÀ-ÖØ-ÞА-ЯЁІЇЄҐŁŚŻŹČŠŽĆĐ][\w’'.-]*)"
_PARTICLE = r"(?:(?:(?:of|for|and)(?:\s+the)?|de|von|van|der|al|bin|du|des|la|del)\s+)"
_ROLE = (
    r"(?:defence|defense|foreign|interior|justice|finance|prime|deputy|security|intelligence|military|state|presidential|"
    r"government|ministry|minister|ministers|president|embassy|ambassador|envoy|spokes\w+|officials?|diplomats?|media|"
    r"television|TV|chief|leader|head|service|army|senator|lawmakers?|analysts?|experts?|general|propagandist|columnist)"
)
_NAME = rf"{_TITLE_WORD}(?:\s+{_PARTICLE}{{0,2}}{_TITLE_WORD}){{0,5}}(?:\s+{_ROLE}(?!\w)){{0,3}}"
_PEOPLE_IN = (
    rf"(?:Officials|Diplomats|Authorities|Prosecutors|Sources|Experts|Analysts|Commentators)\s+(?:in|from)\s+{_NAME}"
)
_ARTICLE = (
    r"(?:(?:the|a|an|der|die|das|le|la|el)\s+)?"
    r"(?:(?!(?:about|at|by|for|from|in|of|on|that|to|with|auf|bei|dans|en|que|sur|в|на|о|об|что)\s)[a-zà-ÿа-яё-]+\s+){0,3}?"
)

_BEFORE_VERB = re.compile(
    rf"(?<![\w’'-])(?P<name>{_PEOPLE_IN}|{_NAME})(?:,[^,.;:]{{3,80}},|,)?(?:\s+on\s+\w+day)?\s+{_HELPER}(?!{_NOUN}){_VERBS}"
)
_ENDS = (
    r"(?=\s*[,.;:!?“”\"«»()–—-]|\s*$|\s+(?:on|in|at|during|to|after|before|who|as|when|while|and|yesterday|today|last|this|earlier|"
    r"am|im|in|bei|vor|nach|gegenüber|à|au|dans|lors|devant|lundi|mardi|mercredi|jeudi|vendredi|en|el|ante|в|во|на|и)\b)"
)
_AFTER_VERB = re.compile(rf"(?:[,”»“\"’?!…]|^|[-–—])\s*{_HELPER}(?:{_TELLING})\s+{_ARTICLE}(?P<name>{_NAME}){_ENDS}")
_AFTER_VERB_ANYWHERE = re.compile(
    r"\b(?:sagte|erklärte|warnte|behauptete|betonte|schrieb|déclaré|affirmé|dijo|afirmó|declaró|aseguró|advirtió|"
    rf"(?:заяв|сообщ|предупред|добав|объяв)ил[аи]?|сказал[аи]?|отметил[аи]?|подчеркнул[аи]?)\s+(?P<name>{_NAME})"
)
_ACCORDING = re.compile(
    r"\b(?i:according to|in the words of|as quoted by|in the view of|laut|nach angaben von|selon|d[’']après|según|"
    rf"по словам|по мнению)\s+{_ARTICLE}(?P<name>{_NAME})"
)
_HEADLINE = re.compile(rf"^(?P<name>{_NAME})(?:\s+(?:on|to|at)\s[^:.!?]{{3,80}})?\s*:\s+\S")
_TAIL = re.compile(rf"\s[-–—]\s*(?P<name>{_NAME})\s*$")
_PATTERNS = (_HEADLINE, _ACCORDING, _AFTER_VERB, _BEFORE_VERB, _AFTER_VERB_ANYWHERE, _TAIL)

_PLACE = re.compile(r"\b(?:in|at|from|near|to|on|by|with|against|into|since|until)\s+(?:the\s+)?$")
_PERSON = r"(?:he|she|they|it|the (?:minister|president|spokes\w+|diplomat|official|leader|ministry))"
_PRONOUN = re.compile(
    rf"\b{_PERSON}\s+(?:\w+\s+)?(?:{_TELLING}|{_ADDRESSING})\b|\b(?:{_TELLING})\s+{_PERSON}\b", re.IGNORECASE
)
_OPENING = tuple('«„“‘‚「"')
_NO_NAMES = frozenset(
    [
        "He",
        "She",
        "They",
        "It",
        "We",
        "I",
        "You",
        "The",
        "A",
        "An",
        "This",
        "That",
        "These",
        "Those",
        "There",
        "But",
        "And",
        "Or",
        "So",
        "In",
        "On",
        "At",
        "By",
        "For",
        "From",
        "To",
        "Of",
        "With",
        "When",
        "While",
        "As",
        "If",
        "Yet",
        "Why",
        "How",
        "What",
        "Who",
        "Where",
        "Then",
        "Now",
        "Even",
        "Still",
        "Also",
        "Although",
        "Though",
        "Because",
        "Before",
        "After",
        "Since",
        "Until",
        "Not",
        "No",
        "According",
        "Earlier",
        "Later",
        "Meanwhile",
        "However",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Yesterday",
        "Today",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Heard",
        "Last",
        "His",
        "Her",
        "Their",
        "Its",
        "Our",
        "My",
        "Some",
        "Many",
        "Most",
        "Several",
        "Others",
        "Critics",
        "Nobody",
        "Everyone",
        "One",
        "Two",
        "Three",
        "Am",
        "Im",
        "Der",
        "Die",
        "Das",
        "Und",
        "Aber",
        "Er",
        "Sie",
        "Es",
        "Nach",
        "Montag",
        "Dienstag",
        "Mittwoch",
        "Donnerstag",
        "Freitag",
        "Samstag",
        "Sonntag",
        "Il",
        "Elle",
        "Ils",
        "Le",
        "La",
        "Les",
        "Mais",
        "Et",
        "El",
        "Los",
        "Las",
        "Pero",
        "Y",
        "Он",
        "Она",
        "Они",
        "Но",
        "И",
        "В",
        "На",
        "Это",
        "Как",
    ]
)
_NOT_SPEAKERS = frozenset(
    [
        "note",
        "notes",
        "explained",
        "explainer",
        "opinion",
        "watch",
        "breaking",
        "analysis",
        "video",
        "live",
        "update",
        "updates",
        "exclusive",
        "interview",
        "photo",
        "photos",
        "warning",
        "question",
        "answer",
        "editorial",
        "comment",
        "review",
        "timeline",
        "factbox",
        "correction",
        "source",
        "sources",
        "summary",
        "response",
        "disinfo",
        "debunked",
        "myth",
        "fact",
        "facts",
        "claim",
        "reality",
        "thread",
        "reminder",
        "background",
        "context",
        "quiz",
        "podcast",
        "profile",
        "table",
        "figure",
        "part",
        "chapter",
        "step",
        "example",
        "date",
        "subject",
        "re",
        "ps",
        "fact-check",
        "verdict",
        "conclusion",
        "result",
        "headline",
        "title",
    ]
)
_SUBJECT = re.compile(rf"(?P<name>{_TITLE_WORD}(?:\s+{_TITLE_WORD}){{1,3}})(?:,|\s+[a-z])")
_BLANK = "\u00b7"
_LOOK_BACK = 6


def find_speaker(text: str, sentences: Sequence[Sentence], index: int) -> str | None:
    """Name of whoever the sentence quotes, as the text writes it, or None.

    A sentence without a name of its own takes that of its quotation, if it is part of a longer one; else the last name
    that spoke before it in the same paragraph or, behind a pronoun (`he said`) or inside running quotes, in the
    sentences just before.
    """
    words = _Words(text, sentences)
    for place in (index, *words.of_same_quotation(index)):
        if name := words.speaker(place):
            return words.fullest(name, place)
    sentence = sentences[index]
    pronoun = bool(_PRONOUN.search(sentence.text))
    if not pronoun and (name := words.subject(index)):
        return name
    far = pronoun or sentence.text.startswith(_OPENING)
    for back in range(index - 1, max(-1, index - 1 - _LOOK_BACK), -1):
        if not far and sentences[back].paragraph != sentence.paragraph:
            break
        if name := words.speaker(back) or (words.subject(back) if pronoun else None):
            return words.fullest(name, back)
    after = index + 1
    if after < len(sentences) and sentences[after].paragraph == sentence.paragraph:
        return words.speaker(after)
    return None


def speaker_in(sentence: str) -> str | None:
    """The name that a reporting verb or phrase of this sentence belongs to, or None."""
    return _speaker(_without_quotations(sentence))


class _Words:
    """The text without its quotations, so that nobody is taken for a speaker who is only spoken of in one."""

    def __init__(self, text: str, sentences: Sequence[Sentence]) -> None:
        self._text = _without_quotations(text)
        self._quotations = quoted_spans(text)
        self._sentences = sentences

    def speaker(self, place: int) -> str | None:
        sentence = self._sentences[place]
        return _speaker(self._text[sentence.start : sentence.end])

    def subject(self, place: int) -> str | None:
        """The person of two names or more whom the sentence opens with."""
        sentence = self._sentences[place]
        match = _SUBJECT.match(self._text[sentence.start : sentence.end])
        name = _cleaned(match["name"]) if match else None
        return name if name and " " in name else None

    def of_same_quotation(self, index: int) -> Iterator[int]:
        """Places of the other sentences that a quotation of this sentence reaches into, the nearest first."""
        own = self._sentences[index]
        spans = [span for span in self._quotations if _meet(span, own)]
        places = [
            i
            for i, sentence in enumerate(self._sentences)
            if i != index and any(_meet(span, sentence) for span in spans)
        ]
        return iter(sorted(places, key=lambda i: (abs(i - index), -i)))

    def fullest(self, name: str, place: int) -> str:
        """The longest form in which the sentences up to here name the same speaker: `Sergey Lavrov` for `Lavrov`."""
        found = (self.speaker(i) or "" for i in range(place))
        return max([name, *(other for other in found if other.endswith(" " + name))], key=len)


def _meet(span: Span, sentence: Sentence) -> bool:
    return span.start < sentence.end and sentence.start < span.end


def _without_quotations(text: str) -> str:
    pieces, end = [], 0
    for span in quoted_spans(text):
        pieces += [text[end : span.start], _BLANK * (span.end - span.start)]
        end = span.end
    return "".join([*pieces, text[end:]])


def _speaker(sentence: str) -> str | None:
    for pattern in _PATTERNS:
        start = 0
        while match := pattern.search(sentence, start):
            name = _cleaned(match["name"])
            # `a teacher in Kyiv said`: the place is not the speaker.
            place = pattern is _BEFORE_VERB and name == match["name"] and _PLACE.search(sentence[: match.start()])
            if name and name.casefold() not in _NOT_SPEAKERS and not place:
                return name
            start = match.start("name") + len(match["name"].split()[0])
    return None


def _cleaned(name: str) -> str | None:
    words = name.split()
    while words and words[0].rstrip(".,’'") in _NO_NAMES:
        words = words[1:]
    cleaned = " ".join(words).rstrip(".,:;’'")
    return cleaned if cleaned[:1].isupper() else None
