"""The composition root: builds the service from its settings. The only package that knows both sides."""
