"""The language of a post, and what a search means in each: parts of SQL.

Posts do not say their language. It is the one whose stop words (PostgreSQL has a list for each of
these) a text has most of: two at least, and more than of any other. Else it is `simple`.

A post is stored as its own language bends its words, so a search is bent in every language and
compared with each post in that post's own: the German stem of "news" does not find English "new".
"""

LANGUAGES = (
    *("danish", "dutch", "english", "finnish", "french", "german", "hungarian", "italian"),
    *("norwegian", "portuguese", "russian", "spanish", "swedish", "turkish"),
)
LEAST_STOP_WORDS = 2

# The language of the column `text`; asks for the parameters `dictionaries` and `least`.
DETECTED = """
SELECT coalesce((
    SELECT CASE WHEN count(*) FILTER (WHERE place = 1) = 1 THEN max(name) FILTER (WHERE place = 1)
        END
    FROM (
        SELECT name, rank() OVER (ORDER BY count(*) DESC) AS place
        FROM unnest(%(languages)s::text[]) AS name,
            unnest(to_tsvector('simple', text)) AS word
        WHERE ts_lexize((name || '_stem')::regdictionary, word.lexeme) = '{}'
        GROUP BY name HAVING count(*) >= %(least)s
    ) AS ranked
), 'simple') AS language
"""


def own(name: str) -> str:
    """Return SQL for the words of a parameter, as the language of each post bends them."""
    cases = " ".join(f"WHEN '{lang}' THEN {_bent(lang, name)}" for lang in LANGUAGES)
    return f"CASE language {cases} ELSE {_bent('simple', name)} END"


def any_of(name: str) -> str:
    """Return SQL for the words of a parameter, bent in any of the languages: for the index."""
    return " || ".join(_bent(lang, name) for lang in ("simple", *LANGUAGES))


def _bent(language: str, name: str) -> str:
    return f"plainto_tsquery('{language}', %({name})s)"
