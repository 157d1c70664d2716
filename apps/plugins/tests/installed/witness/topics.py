from apps.posts.events import PostPublished
from apps.push.topics import EVERY, Topic, register


class Witnessed(Topic):
    name = "witness"
    about = "What the witness saw."
    events = {PostPublished: None}

    def keys(self, account_id, argument):
        return [EVERY]

    def messages(self, told):
        return {event_id: {"post_id": str(event.post_id)} for event_id, event in told}


register(Witnessed())
