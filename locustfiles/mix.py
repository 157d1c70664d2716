"""What visitors do, and how often: the one place for it.

Of ten visitors three are signed in: most people who come to a microblog follow a link and read.
The numbers are shares within a kind of visitor. About 3 in 100 requests write (10 in 100 of those
who are signed in), which is much: sites of this kind have 1 in 100, and a test should not be kinder
than the world. Signing in is not here: hashing a password is slow on purpose, people do it once in
weeks, and the sessions of the visitors are made before the test, without a password.
"""

# Requests a second of each visitor; the profiles count on it.
PERIOD = 1.0

READERS, MEMBERS = 7, 3

READER = {
    "public": 40,  # the front page of those who are not signed in
    "older": 15,  # its next page, for who scrolls on
    "thread": 30,  # a link that somebody sent leads to a conversation
    "profile": 15,  # and from there to who wrote it
}
MEMBER = {
    "home": 50,  # opened again and again
    "thread": 20,  # opened from there
    "profile": 10,
    "like": 6,  # the write that is most frequent
    "post": 2,
    "reply": 2,  # and then waits to be told by WebSocket that it is in all timelines
    "subscribe": 10,  # a page opened is a WebSocket opened
}

# Not an answer that somebody waits for: the message about a reply comes when all is done. Its time
# is listed apart from the others; that it does not come in so many seconds is an error.
TOLD = "told"
TOLD_WITHIN = 5.0
# An answer that takes so long is an error.
TIMEOUT = 10.0
