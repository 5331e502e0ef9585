"""Jobs. No test waits for a real clock."""
