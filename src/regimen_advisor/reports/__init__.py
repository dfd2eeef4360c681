"""Render what the rules found as text, markdown, JSON or HTML. Nothing here decides anything."""
