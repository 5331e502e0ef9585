"""Clients of the services that the operator configures: dog pictures, a file relay and a language model."""
