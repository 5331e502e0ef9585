"""Identity providers: they keep and check passwords."""
