from django.apps import AppConfig


class HashtagsConfig(AppConfig):
    name = "apps.bundled.hashtags"
    label = "hashtags"
