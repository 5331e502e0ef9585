"""Identity providers: who keeps and checks passwords."""
