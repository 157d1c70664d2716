"""What demo accounts are called and what they write."""

import random
import unicodedata

FIRST = """
Ada Bela Cem Dora Edda Finn Gita Hugo Ines Jonas Kaya Lena Malik Nora Otis Pia Quinn Rosa
Sami Tilda Umar Vera Wim Xenia Yara Zeno Anouk Bruno Clara Dario Emil Frida
""".split()
LAST = """
Ahlers Brandt Castro Demir Ekström Ferreira Grün Holt Ito Jansen Kovač Larsen Moreau Novak
Okafor Pires Quist Rossi Sato Thorne Ueda Varga Wren Xu Yilmaz Zeller
""".split()
THINGS = (
    "the elms",
    "a slow query",
    "the night train",
    "sourdough",
    "an old radio",
    "the harbour",
    "a flaky test",
    "the allotment",
    "clouds over the ridge",
    "a second-hand bicycle",
    "the replica that lagged",
    "the first frost",
)
OPENINGS = (
    "Spent the morning with {thing}.",
    "Nobody warned me about {thing}.",
    "A small victory over {thing} today.",
    "If you ever need patience, try {thing}.",
    "Still thinking about {thing}.",
    "There is a lot to learn from {thing}.",
    "Question for the evening: what would you do about {thing}?",
    "Found a photograph of {thing} from twenty years ago.",
)
ENDINGS = (
    "It went better than it had any right to.",
    "Tea helped.",
    "I would do it again.",
    "The rooks had opinions.",
    "Lesson learned, written down, probably lost by Friday.",
    "More on this tomorrow.",
    "Measured twice, cut three times.",
    "",
    "",
)
TAGS = "birds bread trains databases gardening radio python sea mornings walking".split()
LINKS = ("https://example.org/notes", "https://example.com/rooks/in-winter")
BIOS = (
    "Writes about {a} and {b}. Mostly {a}.",
    "{a}, {b}, and long walks between them.",
    "Here for the {a}. Staying for the {b}.",
    "Collector of {a} facts.",
)


def name(rng: random.Random) -> str:
    """Return a first and a last name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def handle(full_name: str) -> str:
    """Return a name as a username has it: small letters, a to z."""
    plain = unicodedata.normalize("NFKD", full_name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "_")


def bio(rng: random.Random) -> str:
    """Return a line about somebody."""
    one, other = rng.sample(TAGS, 2)
    return rng.choice(BIOS).format(a=one, b=other)


def post(rng: random.Random, usernames: list[str]) -> str:
    """Return a post, now and then with a tag, a mention or a link."""
    parts = [rng.choice(OPENINGS).format(thing=rng.choice(THINGS)), rng.choice(ENDINGS)]
    if rng.random() < 0.35:
        parts.append("#" + rng.choice(TAGS))
    if rng.random() < 0.12:
        parts.append("@" + rng.choice(usernames))
    if rng.random() < 0.06:
        parts.append(rng.choice(LINKS))
    return " ".join(part for part in parts if part)
