"""Clients of services that the operator names: dog pictures, a file relay, a language model."""
