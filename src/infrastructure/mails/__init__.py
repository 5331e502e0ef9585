"""Writes mails from templates, and sends them."""
