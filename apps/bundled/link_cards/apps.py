from django.apps import AppConfig


class LinkCardsConfig(AppConfig):
    name = "apps.bundled.link_cards"
    label = "link_cards"
