"""The interfaces of the service: HTTP and the command line. They never import infrastructure."""
