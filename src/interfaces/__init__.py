"""Ways in: HTTP and the command line. Imports application and domain, never infrastructure."""
