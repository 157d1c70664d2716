from apps.events.registry import subscriber
from apps.posts.events import PostPublished
from witness import notebook


@subscriber(PostPublished)
def note(event, event_id):
    notebook.write(f"post {event.post_id}")
