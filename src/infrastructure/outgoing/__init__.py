"""Clients of the services that the operator names: dog pictures, a file relay and a language model."""
