"""The composition root: builds the application from its settings. Only it imports infrastructure and interfaces."""
