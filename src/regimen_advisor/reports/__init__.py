"""Renderers: what the rules said, as text, markdown, JSON or HTML. Nothing here decides anything."""
