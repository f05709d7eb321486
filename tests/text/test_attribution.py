"""Who is quoted: realistic sentences, alone and in their texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitmotif.text.attribution import find_speaker, speaker_in
from leitmotif.text.sentences import split_sentences

_SPEAKERS = [
    # reporting verbs behind the name
    ("“We watch the efforts,” Lavrov said in an interview with a state agency.", "Lavrov"),
    (
        "Russian Foreign Minister Sergey Lavrov has spoken about the threat of sanctions.",
        "Russian Foreign Minister Sergey Lavrov",
    ),
    ("The Russian Defence Ministry claimed that the US runs thirty laboratories.", "Russian Defence Ministry"),
    ("The Foreign Ministry of Russia said that the EU had lost its independence.", "Foreign Ministry of Russia"),
    ("China's foreign ministry said that NATO was to blame.", "China's foreign ministry"),
    ("State television said the images had been staged.", "State television"),
    ("On Monday Putin said the operation was going to plan.", "Putin"),
    ("Putin on Monday said the West had lied.", "Putin"),
    ("In January 2022 the Kremlin insisted that it had no plans to invade.", "Kremlin"),
    ("And Putin added: “We will not stop.”", "Putin"),
    ("Ukraine said on Monday that it had shot down ten drones.", "Ukraine"),
    ("Sputnik reports that the alliance plans a war.", "Sputnik"),
    ("Officials in Moscow say the missile was Ukrainian.", "Officials in Moscow"),
    ("Orbán's government says Brussels is to blame.", "Orbán's government"),
    ("J. D. Vance said Europe was lost.", "J. D. Vance"),
    # what follows the verb is whom the speaker speaks of
    ("Kremlin accuses Kyiv of planning a provocation", "Kremlin"),
    ("Lavrov says West blackmails Central Asia", "Lavrov"),
    ("Putin Says West Lies About Everything", "Putin"),
    ("Hungarian Prime Minister Viktor Orbán blamed Brussels for the prices.", "Hungarian Prime Minister Viktor Orbán"),
    ("The ministry’s spokeswoman Maria Zakharova told Sputnik that the West was lying.", "Maria Zakharova"),
    ("Vladimir Solovyov called Kyiv a nest of Nazis.", "Vladimir Solovyov"),
    # something between the name and the verb
    ("Maria Zakharova, who heads the press service, said the laboratories were military.", "Maria Zakharova"),
    ("Dmitry Peskov, the Kremlin spokesman, told reporters that an attack was near.", "Dmitry Peskov"),
    ("Alexander Lukashenko, speaking in Grodno, accused Poland of greed.", "Alexander Lukashenko"),
    ("Yevgeny Primakov, head of the agency, wrote on Telegram that the Nazis had won.", "Yevgeny Primakov"),
    ("Putin, in a speech on Monday, said the West had lied.", "Putin"),
    ("The diplomat, Sergey Lavrov, said no.", "Sergey Lavrov"),
    # behind the verb
    ("Ukraine has become a puppet state, said Nikolai Patrushev, secretary of the council.", "Nikolai Patrushev"),
    ("“It was staged,” claims Scott Ritter.", "Scott Ritter"),
    ("US labs bred plague, claims Russian defence ministry", "Russian defence ministry"),
    ("In Moscow, warned Lavrov, patience is over.", "Lavrov"),
    # in the middle
    ("The West wants war, President Vladimir Putin warned on Tuesday.", "President Vladimir Putin"),
    ("Kyiv, Lavrov said, is not free.", "Lavrov"),
    ("It was staged, blogger Eva Bartlett has claimed.", "Eva Bartlett"),
    # phrases
    ("According to Lavrov, Kazakhstan is forced to be careful.", "Lavrov"),
    ("The country is free to choose, according to the Kremlin.", "Kremlin"),
    ("In the words of Sergei Shoigu, the West fights to the last Ukrainian.", "Sergei Shoigu"),
    ("As quoted by TASS, the general promised an answer.", "TASS"),
    # headlines
    ("Moscow: NATO plans to surround Russia", "Moscow"),
    ("Alexander Lukashenko: strikers are “sheep”", "Alexander Lukashenko"),
    ("Kremlin's Peskov on the tennis ban: players made hostages of prejudice", "Kremlin's Peskov"),
    ("Sanctions are “economic war” – Putin", "Putin"),
    ("NATO is preparing for war - Belarusian KGB chief", "Belarusian KGB chief"),
    # somebody speaks of a speaker
    ("“Putin said no such thing at all,” Biden replied.", "Biden"),
    # German, French, Spanish, Russian
    ("„Der Westen will Russland zerstören“, sagte Präsident Wladimir Putin.", "Präsident Wladimir Putin"),
    ("Am Montag sagte Putin, der Westen lüge.", "Putin"),
    ("Laut Lawrow erpresst der Westen Zentralasien.", "Lawrow"),
    ("« L’Occident nous fait chanter », a déclaré Vladimir Poutine.", "Vladimir Poutine"),
    ("Selon Sergueï Lavrov, l'Occident fait chanter l'Asie centrale.", "Sergueï Lavrov"),
    ("Le Kremlin accuse Paris de mentir.", "Kremlin"),
    ("«Occidente quiere destruirnos», dijo Vladímir Putin.", "Vladímir Putin"),
    ("Según Vladímir Putin, Occidente quiere destruir a Rusia.", "Vladímir Putin"),
    ("Запад шантажирует Центральную Азию, заявил Сергей Лавров.", "Сергей Лавров"),
    ("Сергей Лавров заявил, что Запад шантажирует страны Азии.", "Сергей Лавров"),
    ("По словам Марии Захаровой, лаборатории были военными.", "Марии Захаровой"),
    ("Как сообщил Дмитрий Песков, Киев готовит провокацию.", "Дмитрий Песков"),
]
_NOBODY = [
    "The weather was fine in the whole country.",
    "NATO is preparing to attack Russia.",
    "The treaty states that members may leave.",
    "Russian claims of secret laboratories are false.",
    "The law protects the United States, its courts and its voters.",
    "The report, published on Friday, said nothing about laboratories.",
    "The claim was published by RT and repeated by Sputnik.",
    "A teacher in Kyiv said the lights were out.",
    "A spokesman said that talks would go on.",
    "“They twist arms,” the minister said.",
    "He said that the arms were twisted.",
    "Explained: why the lights went out in Kyiv",
    "Opinion: Europe needs a new order",
    "Breaking: two ministers resign",
    "Fact check: No, the US did not breed plague",
    "At 10: 30 the sirens sounded.",
    "Talks ended in Minsk – Monday",
    "Die Lage ist ruhig, die Menschen gehen zur Arbeit.",
    "Hier il faisait beau dans tout le pays.",
    "Погода была хорошая во всей стране.",
    "",
]


@pytest.mark.parametrize(("sentence", "speaker"), _SPEAKERS)
def test_speaker_of_a_sentence(sentence: str, speaker: str) -> None:
    assert speaker_in(sentence) == speaker


@pytest.mark.parametrize("sentence", _NOBODY)
def test_sentence_without_a_named_speaker(sentence: str) -> None:
    assert speaker_in(sentence) is None


def speaker_of(text: str, part: str) -> str | None:
    """Speaker of the sentence of the text that holds `part`."""
    sentences = split_sentences(text)
    (index,) = (i for i, sentence in enumerate(sentences) if part in sentence.text)
    return find_speaker(text, sentences, index)


_TEXTS = [
    ("a pronoun", "Lavrov said so in Astana. The arms of many were twisted, he went on.", "twisted", "Lavrov"),
    (
        "a pronoun over a paragraph",
        "Lavrov said so in Astana.\n\nHe added that arms were twisted.",
        "twisted",
        "Lavrov",
    ),
    (
        "a pronoun for someone named",
        "Sergey Lavrov landed in Cairo. Arms, he told the hall, were twisted.",
        "twisted",
        "Sergey Lavrov",
    ),
    ("his full name", "Sergey Lavrov said so. Later Lavrov said that arms were twisted.", "twisted", "Sergey Lavrov"),
    ("no other's full name", "Petr Ivanov said so. Then Anov said that arms were twisted.", "twisted", "Anov"),
    ("his own title", "“They twist arms,” the minister said. Lavrov said so, too.", "twist", "Lavrov"),
    ("a running quotation", "“We never gave in. We never shall,” Lavrov said.", "gave in", "Lavrov"),
    (
        "a running quotation behind another",
        "Biden said nothing. “We never gave in. We never shall,” Lavrov said.",
        "gave in",
        "Lavrov",
    ),
    (
        "a quotation announced",
        "Biden said nothing. Lavrov said: “We never gave in. We never shall.”",
        "never shall",
        "Lavrov",
    ),
    ("a bare quotation", "Lavrov warned Kyiv.\n\n“They twist the arms of everybody.”", "everybody", "Lavrov"),
    ("the nearest of two", "Biden said nothing. Lavrov said yes. Arms were twisted, he added.", "twisted", "Lavrov"),
    ("nobody", "Arms were twisted. It rained.", "twisted", None),
    ("nobody of another paragraph", "Lavrov said nothing.\n\nArms were twisted in every capital.", "twisted", None),
    ("nobody named inside a quotation", "“As Biden told us, it is over now,” the minister said.", "over", None),
]


@pytest.mark.parametrize(("text", "part", "speaker"), [row[1:] for row in _TEXTS], ids=[row[0] for row in _TEXTS])
def test_speaker_in_a_text(text: str, part: str, speaker: str | None) -> None:
    assert speaker_of(text, part) == speaker


@given(
    st.lists(
        st.sampled_from(
            [
                "Lavrov said no. ",
                "“We will go on. ",
                "It rained.” ",
                "He said so. ",
                "Putin: no\n",
                "\n\n",
                "🙂 ",
                "— ",
                "said Xi. ",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_a_speaker_always_stands_in_the_text(text: str) -> None:
    sentences = split_sentences(text)
    for index in range(len(sentences)):
        name = find_speaker(text, sentences, index)
        assert name is None or (name and name in text)


@pytest.mark.parametrize(
    "text", ["Aa " * 20_000, "Aa, " * 20_000, "said " * 20_000, "Aa of the " * 10_000, "“Aa " * 20_000]
)
def test_hostile_texts_take_no_longer_than_others(text: str) -> None:
    # An expression that backtracked would not come back within the run.
    assert speaker_in(text) in {None, "Aa"}
