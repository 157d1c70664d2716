from django.urls import path, register_converter

from apps.bundled.feeds import views


class Form:
    """`atom` or `json`."""

    regex = "atom|json"

    def to_python(self, value: str) -> str:
        """The form as it is written."""
        return value

    def to_url(self, value: str) -> str:
        """The form as it is written."""
        return value


register_converter(Form, "feed")
app_name = "feeds"
urlpatterns = [
    path("@<str:username>/feed.<feed:form>", views.profile, name="profile"),
    path("tags/<str:tag>/feed.<feed:form>", views.tag, name="tag"),
]
