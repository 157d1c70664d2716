from django.urls import path, register_converter

from apps.pictures import views


class Name:
    """A name that we have given: of a post's picture, or of an account's."""

    regex = r"(?:posts/[0-9a-f]{2}|pictures)/[0-9a-f-]{1,60}(?:small)?\.webp"

    def to_python(self, value: str) -> str:
        """Return the name in the storage."""
        return value

    def to_url(self, value: str) -> str:
        """Return the name in the address."""
        return value


register_converter(Name, "picture")

app_name = "pictures"
urlpatterns = [path("media/<picture:name>", views.show, name="file")]
